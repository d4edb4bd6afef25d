import torch
import torch.nn as nn
import torch.nn.functional as F

INPUTS = 64
OUTPUTS = 10


class SmallCNN(nn.Module):
    """Two convolutions over pictures of 8x8 pixels."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.head = nn.Linear(32 * 2 * 2, OUTPUTS)

    def forward(self, x):
        x = x.view(-1, 1, 8, 8)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.head(x.flatten(1))


model = SmallCNN()
