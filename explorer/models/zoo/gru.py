import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 2
SHAPE = (8, 16)
HIDDEN = 32
CLASSES = 4


class GRUClassifier(nn.Module):
    """Reads a sequence in both directions and names its class from both last states."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(SHAPE[1], HIDDEN, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * HIDDEN, CLASSES)

    def forward(self, x):
        outputs, hidden = self.gru(x)
        return self.head(torch.cat([hidden[0], hidden[1]], dim=1))


model = GRUClassifier()

x = torch.randn(BATCH, *SHAPE)  # batch, steps, features
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
