import torch
import torch.nn as nn

INPUTS = 2
OUTPUTS = 2
HIDDEN = 16
DEPTH = 6  # sigmoid layers: the deeper, the smaller the gradient of the first one


class DeepSigmoid(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(INPUTS, HIDDEN)
        self.layers = nn.ModuleList([nn.Linear(HIDDEN, HIDDEN) for layer in range(DEPTH - 1)])
        self.head = nn.Linear(HIDDEN, OUTPUTS)

    def forward(self, x):
        x = torch.sigmoid(self.first(x))
        for layer in self.layers:
            x = torch.sigmoid(layer(x))
        return self.head(x)


model = DeepSigmoid()
