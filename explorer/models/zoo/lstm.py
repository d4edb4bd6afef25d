import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 2
SHAPE = (8, 16)
CLASSES = 4


class LSTMClassifier(nn.Module):
    """Reads a sequence, one step after the other, and names its class from the last state."""

    def __init__(self, features, hidden, classes):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        outputs, (hidden, cell) = self.lstm(x)
        return self.head(outputs[:, -1])


model = LSTMClassifier(SHAPE[1], 32, CLASSES)

x = torch.randn(BATCH, *SHAPE)  # batch, steps, features
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
