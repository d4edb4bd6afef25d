import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 1
SHAPE = (16,)
VOCABULARY = 64
WIDTH = 32
HEADS = 4
LAYERS = 2
TIED = True  # the head shares the token embedding's weight


class Attention(nn.Module):
    """Each position looks at itself and at those before it."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch, length, width = x.shape
        qkv = self.qkv(x).view(batch, length, 3, HEADS, width // HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.ln2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        x = x + self.attention(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    """A small decoder-only transformer in the manner of GPT-2."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(SHAPE[0], WIDTH)
        self.blocks = nn.Sequential(*[Block() for layer in range(LAYERS)])
        self.ln = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        nn.init.normal_(self.tokens.weight, std=0.02)
        if TIED:
            self.head.weight = self.tokens.weight

    def forward(self, x):
        x = self.tokens(x) + self.positions(torch.arange(x.shape[1], device=x.device))
        return self.head(self.ln(self.blocks(x)))


model = GPT()

text = torch.randint(VOCABULARY, (BATCH, SHAPE[0] + 1))
x, target = text[:, :-1], text[:, 1:]  # each position is to say the next token

logits = model(x)
loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), target.reshape(-1))
