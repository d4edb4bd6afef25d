"""The parent's side of the process wall: it starts workers, keeps the clock, and never runs typed code."""

from explorer.runner.engine import Engine, shared_engine
from explorer.runner.settings import EngineError, Settings, read_settings
from explorer.runner.training import Training

__all__ = ["Engine", "EngineError", "Settings", "Training", "read_settings", "shared_engine"]
