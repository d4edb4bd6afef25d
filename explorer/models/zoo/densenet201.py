import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 1
SHAPE = (3, 224, 224)
CLASSES = 1000
GROWTH = 32


class DenseLayer(nn.Module):
    """Reads everything made so far in its block and adds `GROWTH` channels: 1x1 narrows, 3x3 works."""

    def __init__(self, inputs):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, 4 * GROWTH, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * GROWTH)
        self.conv2 = nn.Conv2d(4 * GROWTH, GROWTH, 3, padding=1, bias=False)
        self.relu = nn.ReLU()

    def forward(self, made):
        x = torch.cat(made, 1)
        x = self.conv1(self.relu(self.norm1(x)))
        return self.conv2(self.relu(self.norm2(x)))


class DenseBlock(nn.Module):
    """Each layer sees what came in and what all layers before it made."""

    def __init__(self, inputs, layers):
        super().__init__()
        for index in range(layers):
            self.add_module(f"denselayer{index + 1}", DenseLayer(inputs + index * GROWTH))

    def forward(self, x):
        made = [x]
        for layer in self.children():
            made.append(layer(made))
        return torch.cat(made, 1)


class Transition(nn.Module):
    """Between two blocks: half the channels, half the side."""

    def __init__(self, inputs):
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x):
        return self.pool(self.conv(self.relu(self.norm(x))))


class DenseNet201(nn.Module):
    """DenseNet-201 (Huang et al., 2016), with the layer names that torchvision uses."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(SHAPE[0], 64, 7, stride=2, padding=3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(64))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, stride=2, padding=1))
        channels = 64
        for number, layers in enumerate([6, 12, 48, 32], start=1):
            self.features.add_module(f"denseblock{number}", DenseBlock(channels, layers))
            channels += layers * GROWTH
            if number < 4:
                self.features.add_module(f"transition{number}", Transition(channels))
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, CLASSES)

    def forward(self, x):
        x = F.relu(self.features(x))
        x = torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1)
        return self.classifier(x)


model = DenseNet201()

x = torch.randn(BATCH, *SHAPE)
target = torch.randint(CLASSES, (BATCH,))

logits = model(x)
loss = F.cross_entropy(logits, target)
