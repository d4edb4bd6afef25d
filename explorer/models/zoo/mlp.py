import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 4
SHAPE = (2,)
CLASSES = 2


class MLP(nn.Module):
    """Two hidden layers, each a linear map and a bend."""

    def __init__(self, features, hidden, classes):
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.head(x)


model = MLP(SHAPE[0], 16, CLASSES)

x = torch.randn(BATCH, *SHAPE)
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
