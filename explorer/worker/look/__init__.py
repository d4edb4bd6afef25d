"""Typed code looked at statement by statement, in the child: what memory held after each, and the names of dimensions."""

from explorer.worker.look.task import look

__all__ = ["look"]
