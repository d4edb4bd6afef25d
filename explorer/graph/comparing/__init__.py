"""Two runs' graphs matched by structure: nodes that are the same, changed, removed, added."""

from explorer.graph.comparing.compare import TOLERANCE, compare

__all__ = ["TOLERANCE", "compare"]
