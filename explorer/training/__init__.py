"""The training loop that runs in a worker."""

from explorer.training.data import make
from explorer.training.error import TrainingError
from explorer.training.loop import find_model, train

__all__ = ["TrainingError", "find_model", "make", "train"]
