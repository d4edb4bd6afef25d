import torch
import torch.nn as nn

INPUTS = 2
OUTPUTS = 2
HIDDEN = 16


class MLP(nn.Module):
    """Two hidden layers, each a linear map and a bend."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(INPUTS, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.head = nn.Linear(HIDDEN, OUTPUTS)

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.head(x)


model = MLP()
