import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 1
SHAPE = (3, 64, 64)
PATCH = 16
WIDTH = 192
HEADS = 3
LAYERS = 6
CLASSES = 10


class Block(nn.Module):
    """Attention, then an MLP, each added to what came in."""

    def __init__(self):
        super().__init__()
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.self_attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.ln_2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        y = self.ln_1(x)
        y, weights = self.self_attention(y, y, y, need_weights=False)
        x = x + y
        return x + self.mlp(self.ln_2(x))


class VisionTransformer(nn.Module):
    """A small ViT (Dosovitskiy et al., 2020): patches of an image read as words, and one more word that names the class."""

    def __init__(self):
        super().__init__()
        patches = (SHAPE[1] // PATCH) * (SHAPE[2] // PATCH)
        self.class_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.conv_proj = nn.Conv2d(SHAPE[0], WIDTH, kernel_size=PATCH, stride=PATCH)
        self.positions = nn.Parameter(0.02 * torch.randn(1, patches + 1, WIDTH))
        self.blocks = nn.Sequential(*[Block() for layer in range(LAYERS)])
        self.ln = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)  # batch, patches, width
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        x = self.ln(self.blocks(x + self.positions))
        return self.head(x[:, 0])


model = VisionTransformer()

x = torch.randn(BATCH, *SHAPE)
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
