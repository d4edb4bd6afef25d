"""What each grad_fn computes: local derivatives as text."""

from explorer.derivatives.describe import Derivative, Slot, describe, known_names

__all__ = ["Derivative", "Slot", "describe", "known_names"]
