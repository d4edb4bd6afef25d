import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 2
SHAPE = (3, 64, 64)
WORDS = 100
WIDTH = 64
LENGTH = 6


class Encoder(nn.Module):
    """A picture as one vector, of the size of a word's."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(SHAPE[0], 16, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d((1, 1)),
        )
        self.fc = nn.Linear(64, WIDTH)

    def forward(self, x):
        return self.fc(self.features(x).flatten(1))


class Captioner(nn.Module):
    """In the manner of NeuralTalk2 (Karpathy, 2015): the picture is the first word that an LSTM reads, and it says the next ones."""

    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, WORDS)

    def forward(self, x, caption):
        picture = self.encoder(x).unsqueeze(1)
        read = torch.cat([picture, self.words(caption[:, :-1])], dim=1)
        outputs, state = self.lstm(read)
        return self.head(outputs)


model = Captioner()

x = torch.randn(BATCH, *SHAPE)
caption = torch.randint(WORDS, (BATCH, LENGTH))

logits = model(x, caption)  # at each place the next word
loss = F.cross_entropy(logits.flatten(0, 1), caption.flatten())
