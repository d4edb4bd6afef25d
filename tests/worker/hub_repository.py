"""A Torch Hub repository of our own for tests, as files and as the .zip that GitHub would make of it."""

import io
import zipfile

FILES = {
    "hubconf.py": '''\
dependencies = ["torch"]

import torch
from tiny.net import TinyNet as _TinyNet
from tiny import blocks


def tiny(pretrained=False, **kwargs):
    """A small network.

    width (int): channels
    """
    model = _TinyNet(**kwargs)
    if pretrained:
        model.load_state_dict(torch.hub.load_state_dict_from_url("https://example.org/tiny.pt"))
    return model


def deep(depth=2):
    return torch.nn.Sequential(*(blocks.block(4, 4) for _ in range(depth)))
''',
    "tiny/__init__.py": "from .blocks import *\n",
    "tiny/blocks.py": """\
import torch.nn as nn

try:
    import apex
except ImportError:
    apex = None

__all__ = ["block"]


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU())
""",
    "tiny/net.py": """\
from torch import nn
from . import block


class TinyNet(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.features = block(3, width)
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))
""",
}


def zipped(files=FILES, top="tiny-main/"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(f"{top}{path}", text)
    return made.getvalue()
