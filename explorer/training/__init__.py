"""Training in a worker: the data, and the watch over the code's own loop."""

from explorer.training.data import Data, load, make
from explorer.training.error import TrainingError
from explorer.training.model import find_model
from explorer.training.watch import Watch

__all__ = ["Data", "TrainingError", "Watch", "find_model", "load", "make"]
