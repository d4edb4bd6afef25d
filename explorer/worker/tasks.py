"""The product's tasks. Importing this module imports torch and everything that a run needs."""

from explorer.worker.files import handle
from explorer.worker.look import look
from explorer.worker.session import execute
from explorer.worker.train import train

__all__ = ["execute", "handle", "look", "train"]
