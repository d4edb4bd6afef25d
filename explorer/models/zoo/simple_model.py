import torch
import torch.nn as nn

BATCH = 1
SHAPE = (2,)


class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, x):
        return self.linear(x)


model = SimpleModel()

x = torch.tensor([[1.0, 2.0]]).expand(BATCH, *SHAPE)
y_true = torch.tensor([[5.0]]).expand(BATCH, 1)

output = model(x)
loss = nn.MSELoss()(output, y_true)
