import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 2
SHAPE = (8, 16)
HIDDEN = 32
CLASSES = 4


class RNNClassifier(nn.Module):
    """One cell, called once a step: the same weights at every step, and a gradient that has to come back through all of them."""

    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(SHAPE[1], HIDDEN)
        self.head = nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        hidden = torch.zeros(x.shape[0], HIDDEN, device=x.device)
        for step in x.unbind(1):
            hidden = self.cell(step, hidden)
        return self.head(hidden)


model = RNNClassifier()

x = torch.randn(BATCH, *SHAPE)  # batch, steps, features
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
