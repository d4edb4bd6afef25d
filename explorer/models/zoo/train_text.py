import torch
import torch.nn as nn

INPUTS = 16  # characters that are read to say the next one
OUTPUTS = 30  # different characters
WIDTH = 48


class NextCharacter(nn.Module):
    def __init__(self):
        super().__init__()
        self.characters = nn.Embedding(OUTPUTS, WIDTH)
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, OUTPUTS)

    def forward(self, x):
        outputs, state = self.gru(self.characters(x))
        return self.head(outputs[:, -1])


model = NextCharacter()
