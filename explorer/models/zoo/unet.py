import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 1
SHAPE = (1, 64, 64)
CLASSES = 2
WIDTHS = (16, 32, 64, 128)


def double(inputs, outputs):
    """Two 3x3 convolutions that keep the size."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """A small U-Net (Ronneberger et al., 2015): down to the coarse picture, and up again beside what was seen on the way."""

    def __init__(self):
        super().__init__()
        ends = (SHAPE[0], *WIDTHS)
        self.down = nn.ModuleList([double(ends[i], ends[i + 1]) for i in range(len(WIDTHS))])
        self.up = nn.ModuleList(
            [nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2) for width in WIDTHS[-2::-1]]
        )
        self.merge = nn.ModuleList([double(2 * width, width) for width in WIDTHS[-2::-1]])
        self.head = nn.Conv2d(WIDTHS[0], CLASSES, kernel_size=1)

    def forward(self, x):
        seen = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            seen.append(x)
        for up, merge, beside in zip(self.up, self.merge, seen[-2::-1]):
            x = up(x)
            x = F.pad(x, (0, beside.shape[3] - x.shape[3], 0, beside.shape[2] - x.shape[2]))
            x = merge(torch.cat([beside, x], dim=1))
        return self.head(x)


model = UNet()

x = torch.randn(BATCH, *SHAPE)
target = torch.randint(CLASSES, (BATCH, *SHAPE[1:]))  # a class for every pixel

logits = model(x)
loss = F.cross_entropy(logits, target)
