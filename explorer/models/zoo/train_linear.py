import torch
import torch.nn as nn

INPUTS = 2
OUTPUTS = 1


class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(INPUTS, OUTPUTS)

    def forward(self, x):
        return self.linear(x)


model = SimpleModel()
