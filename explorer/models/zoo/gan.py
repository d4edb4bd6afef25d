import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 4
SHAPE = (1, 32, 32)
NOISE = 32
WIDTH = 16


class Generator(nn.Module):
    """Noise in, a picture out (as in DCGAN, Radford et al., 2015)."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(NOISE, 4 * WIDTH * (SHAPE[1] // 4) * (SHAPE[2] // 4))
        self.norm = nn.BatchNorm2d(4 * WIDTH)
        self.up1 = nn.ConvTranspose2d(4 * WIDTH, 2 * WIDTH, kernel_size=4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(2 * WIDTH, SHAPE[0], kernel_size=4, stride=2, padding=1)

    def forward(self, noise):
        x = self.fc(noise).view(-1, 4 * WIDTH, SHAPE[1] // 4, SHAPE[2] // 4)
        x = F.relu(self.norm(x))
        return torch.tanh(self.up2(F.relu(self.up1(x))))


class Discriminator(nn.Module):
    """A picture in, one number out: how real it looks."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(SHAPE[0], 2 * WIDTH, kernel_size=4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(2 * WIDTH, 4 * WIDTH, kernel_size=4, stride=2, padding=1)
        self.fc = nn.Linear(4 * WIDTH * (SHAPE[1] // 4) * (SHAPE[2] // 4), 1)

    def forward(self, x):
        x = F.leaky_relu(self.conv1(x), 0.2)
        x = F.leaky_relu(self.conv2(x), 0.2)
        return self.fc(x.flatten(1))


class GAN(nn.Module):
    """A pair that learns against each other (Goodfellow et al., 2014)."""

    def __init__(self):
        super().__init__()
        self.generator = Generator()
        self.discriminator = Discriminator()

    def forward(self, x, noise):
        fake = self.generator(noise)
        judged = self.discriminator(fake)
        real = self.discriminator(x)
        caught = self.discriminator(fake.detach())  # the discriminator's loss ends here: the generator gets none of it
        return judged, real, caught


model = GAN()

x = torch.rand(BATCH, *SHAPE) * 2 - 1  # stands for real pictures
noise = torch.randn(BATCH, NOISE)

judged, real, caught = model(x, noise)
generator_loss = F.softplus(-judged).mean()
discriminator_loss = F.softplus(-real).mean() + F.softplus(caught).mean()
loss = generator_loss + discriminator_loss
