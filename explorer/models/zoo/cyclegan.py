import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 1
SHAPE = (3, 128, 128)
WIDTH = 64
BLOCKS = 9


class ResNetBlock(nn.Module):
    """Two 3x3 convolutions beside which the picture itself goes on."""

    def __init__(self, dim):
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(dim, dim, kernel_size=3),
            nn.InstanceNorm2d(dim),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(dim, dim, kernel_size=3),
            nn.InstanceNorm2d(dim),
        )

    def forward(self, x):
        return x + self.conv_block(x)


def narrower(channels):
    """Half the size, twice the channels."""
    return [
        nn.Conv2d(channels, 2 * channels, kernel_size=3, stride=2, padding=1),
        nn.InstanceNorm2d(2 * channels),
        nn.ReLU(),
    ]


def wider(channels):
    """Twice the size, half the channels."""
    return [
        nn.ConvTranspose2d(channels, channels // 2, kernel_size=3, stride=2, padding=1, output_padding=1),
        nn.InstanceNorm2d(channels // 2),
        nn.ReLU(),
    ]


class ResNetGenerator(nn.Module):
    """CycleGAN's generator (Zhu et al., 2017): a picture in, a picture out. Its layer names are those of horse2zebra's weights."""

    def __init__(self):
        super().__init__()
        first = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(SHAPE[0], WIDTH, kernel_size=7),
            nn.InstanceNorm2d(WIDTH),
            nn.ReLU(),
        ]
        blocks = [ResNetBlock(4 * WIDTH) for block in range(BLOCKS)]
        last = [nn.ReflectionPad2d(3), nn.Conv2d(WIDTH, SHAPE[0], kernel_size=7), nn.Tanh()]
        layers = [*first, *narrower(WIDTH), *narrower(2 * WIDTH), *blocks, *wider(4 * WIDTH), *wider(2 * WIDTH), *last]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


model = ResNetGenerator()

x = torch.rand(BATCH, *SHAPE) * 2 - 1  # pixels from -1 to 1

picture = model(x)
loss = F.l1_loss(picture, x)  # the identity loss: what is a zebra already should stay as it is
