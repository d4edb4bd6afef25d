"""The programs that captures are measured on: those of the catalogue, and three that the field's tools break on."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from explorer.models import find


@dataclass(frozen=True)
class Program:
    """`setup` builds the model and its input, `code` computes ``loss``."""

    name: str
    setup: str
    code: str
    modules: bool = True
    """Whether there is a `model` to call with `x`, as most tools want."""

    @property
    def whole(self) -> str:
        return f"{self.setup}\n{self.code}\n"


GPT_2_SMALL = """\
import torch
from torch import nn
from torch.nn import functional as F

class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, steps, width = x.shape
        q, k, v = (
            one.view(batch, steps, self.heads, -1).transpose(1, 2) for one in self.qkv(self.ln_1(x)).chunk(3, -1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(mixed.transpose(1, 2).reshape(batch, steps, width))
        return x + self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh"))

class GPT(nn.Module):
    def __init__(self, words=50257, width=768, heads=12, layers=12, most=1024):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(words, width), nn.Embedding(most, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, x):
        x = self.tokens(x) + self.positions(torch.arange(x.shape[1]))
        return self.head(self.ln(self.blocks(x)))

model = GPT()
x = torch.randint(50257, (1, 128))
target = torch.randint(50257, (128,))
"""

RNN = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_input, self.of_state = nn.Linear(16, 16), nn.Linear(16, 16)

    def forward(self, x):
        state = torch.zeros(1, 16)
        for step in x:
            state = torch.tanh(self.of_input(step) + self.of_state(state))
        return state

model = Net()
x = torch.randn({steps}, 1, 16)
"""

NEST = """\
import torch
from torch import nn

class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.act, self.down = nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)

    def forward(self, x):
        return self.down(self.act(self.up(x)))

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.mlp = nn.LayerNorm(width), Mlp(width)
        self.gate = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x):
        return x + torch.tanh(self.gate * self.mlp(self.norm(x)))

class Stage(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.blocks = nn.ModuleList([Block(width) for _ in range(blocks)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x

class Net(nn.Module):
    def __init__(self, width=4, stages=6, blocks=1030):
        super().__init__()
        self.stages = nn.ModuleList([Stage(width, blocks) for _ in range(stages)])

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return x

model = Net()
loss = model(torch.randn(2, 4)).square().mean()
loss.backward()
"""
"""98,882 nodes in 37,094 modules: about the most that is captured of typed code within its time."""

CHAIN = """\
import torch
x = torch.ones(1, requires_grad=True)
"""


def _of_catalogue(name: str) -> Program:
    """The last two statements of every catalogue snippet are the forward and the loss."""
    code = find(name).code()
    body = ast.parse(code).body
    lines = code.splitlines()
    first = body[-2].lineno - 1
    return Program(name, "\n".join(lines[:first]), "\n".join(lines[first:]))


PROGRAMS = (
    *(_of_catalogue(name) for name in ("alexnet", "resnet18", "resnet101", "lstm", "gpt")),
    Program(
        "GPT-2 small, 128 tokens",
        GPT_2_SMALL,
        "logits = model(x)\nloss = nn.functional.cross_entropy(logits.flatten(0, 1), target)",
    ),
    Program("RNN, 100 steps", RNN.format(steps=100), "loss = model(x).sum()"),
    Program("RNN, 2,000 steps", RNN.format(steps=2_000), "loss = model(x).sum()"),
    Program(
        "chain of 3,000, no module", CHAIN, "loss = x\nfor _ in range(3_000):\n    loss = loss * 1.0001", modules=False
    ),
)
