import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 2
SHAPE = (16,)
VOCABULARY = 64
WIDTH = 32
CLASSES = 4


class TransformerClassifier(nn.Module):
    """A transformer encoder (Vaswani et al., 2017) of PyTorch's own layers: every position looks at every other."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(SHAPE[0], WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, nhead=4, dim_feedforward=4 * WIDTH, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        x = self.tokens(x) + self.positions(torch.arange(x.shape[1], device=x.device))
        return self.head(self.encoder(x).mean(dim=1))


model = TransformerClassifier()

x = torch.randint(VOCABULARY, (BATCH, *SHAPE))
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
