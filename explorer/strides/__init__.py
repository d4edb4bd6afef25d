"""The arithmetic of strides, without torch: where elements lie, which dimensions merge, what an operation makes of a layout.

Pure functions over `Layout`. Strides and offsets are in elements. Every rule here is torch's own, found out by its answers and held to
them by property tests; what a page shows as a fact still comes from a run, and this package says why it is so.
"""

from explorer.strides.formats import formats, is_contiguous
from explorer.strides.layout import Layout, dense_stride
from explorer.strides.lines import Lines, lines
from explorer.strides.merging import Blocked, Pair, blocked, merge_pairs, view
from explorer.strides.steps import Outcome, Step, apply, read_step
from explorer.strides.suggestions import Suggestion, suggestions

__all__ = [
    "Blocked",
    "Layout",
    "Lines",
    "Outcome",
    "Pair",
    "Step",
    "Suggestion",
    "apply",
    "blocked",
    "dense_stride",
    "formats",
    "is_contiguous",
    "lines",
    "merge_pairs",
    "read_step",
    "suggestions",
    "view",
]
