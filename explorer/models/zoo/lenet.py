import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 1
SHAPE = (1, 28, 28)
CLASSES = 10


class LeNet(nn.Module):
    """LeNet-5 (LeCun et al., 1998): two convolutions, three linear layers."""

    def __init__(self, channels, height, width):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        # Pooling halves each side, the second convolution takes 4, pooling halves again.
        self.fc1 = nn.Linear(16 * (height // 4 - 2) * (width // 4 - 2), 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


model = LeNet(*SHAPE)

x = torch.randn(BATCH, *SHAPE)
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
