"""The product's tasks. Importing this module imports torch and everything that a run needs."""

from explorer.worker.files import handle
from explorer.worker.hub.listing import entrypoints
from explorer.worker.look import look
from explorer.worker.session import execute
from explorer.worker.study import compare_ways, infer
from explorer.worker.train import train

__all__ = ["compare_ways", "entrypoints", "execute", "handle", "infer", "look", "train"]
