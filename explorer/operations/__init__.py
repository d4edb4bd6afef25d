"""The catalogue of the tensor API: what each function does, with an example. Text only, no torch."""

from explorer.operations.catalogue import KINDS, OPERATIONS, Operation, find

__all__ = ["KINDS", "OPERATIONS", "Operation", "find"]
