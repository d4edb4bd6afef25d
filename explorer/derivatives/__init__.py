"""What each grad_fn computes: the vector-Jacobian product as a formula, with the run's own numbers put in where they are few."""

from explorer.derivatives.describe import Derivative, Slot, describe, known_names
from explorer.derivatives.substitution import Numbers, numbers

__all__ = ["Derivative", "Numbers", "Slot", "describe", "known_names", "numbers"]
