import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 4
SHAPE = (784,)
HIDDEN = 256
LATENT = 16


class VAE(nn.Module):
    """A variational autoencoder (Kingma and Welling, 2013): the gradient passes the random draw by way of mean and deviation."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(SHAPE[0], HIDDEN), nn.ReLU())
        self.mean = nn.Linear(HIDDEN, LATENT)
        self.log_variance = nn.Linear(HIDDEN, LATENT)
        self.decoder = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, SHAPE[0]))

    def forward(self, x):
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        noise = torch.randn_like(mean)
        latent = mean + torch.exp(0.5 * log_variance) * noise
        return self.decoder(latent), mean, log_variance


model = VAE()

x = torch.rand(BATCH, *SHAPE)

logits, mean, log_variance = model(x)
reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / BATCH
divergence = 0.5 * torch.sum(mean**2 + log_variance.exp() - 1 - log_variance) / BATCH
loss = reconstruction + divergence
