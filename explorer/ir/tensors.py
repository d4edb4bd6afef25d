"""What is known of one tensor: its layout in memory, its numbers, and the storage under it."""

from __future__ import annotations

import msgspec

from explorer.ir.record import Nested, Number, Record

PREVIEW_ELEMENTS = 64
"""A tensor of at most this many elements carries its numbers; a larger one only its statistics."""


class Stats(Record, frozen=True, kw_only=True):
    """Statistics over all elements. The extremes, mean and std leave NaN and infinities out (None if no finite element).

    Counts and extremes are exact; sums are in float64.
    """

    numel: int
    norm: Number
    """Euclidean norm over every element; NaN or infinite if one of them is."""
    min: Number | None = None
    max: Number | None = None
    mean: Number | None = None
    std: Number | None = None
    """Population standard deviation (divided by n)."""
    zeros: int = 0
    nans: int = 0
    infs: int = 0
    histogram: tuple[int, ...] = ()
    """Counts of the finite elements in equally wide bins from `min` to `max`; empty where the elements themselves are written."""
    counted: int | None = None
    """How many elements, evenly spread, `histogram` counts where it does not count all; None where it does."""
    nnz: int | None = None
    """Of a sparse layout: how many elements it stores, those with equal indices added up; None for a dense tensor."""


class TensorMeta(Record, frozen=True, kw_only=True):
    """Where a tensor's elements lie. Strides and offsets are in elements, sizes in bytes, names as torch prints them.

    Defaults are what most tensors of a graph have; the record of a tensor that was read says otherwise where it is otherwise.
    """

    shape: tuple[int, ...] = ()
    """Of a nested or jagged tensor -1 where sizes differ from part to part."""
    stride: tuple[int, ...] = ()
    storage_offset: int = 0
    storage_id: int
    """Small number of the storage in order of first sight; equal for two tensors exactly when they share memory."""
    storage_nbytes: int
    dtype: str = "float32"
    """As in ``float32``, without ``torch.``."""
    device: str = "cpu"
    version: int = 0
    """``_version`` when the record was made: how often the tensor has been written in place."""
    requires_grad: bool = True
    leaf: bool | None = msgspec.field(default=None, name="is_leaf")
    """What `is_leaf` says; None where that is as for most: what needs no gradient is a leaf, what needs one is computed."""
    is_view: bool = False
    is_contiguous: bool = True
    layout: str = "strided"
    """``strided``; a sparse or other layout has no stride and no storage (empty stride, storage_id -1)."""

    @property
    def is_leaf(self) -> bool:
        """As torch says."""
        return not self.requires_grad if self.leaf is None else self.leaf


class Tensor(TensorMeta, frozen=True, kw_only=True, omit_defaults=False):
    """A tensor that has a name in the run: a variable (``x``), an element of one (``xs[0]``), a parameter (``model.linear.weight``)."""

    name: str
    origin: str = "variable"
    """``variable``, ``parameter``, ``buffer``, ``leaf`` (reached by the graph only) or ``result`` (an unnamed last expression)."""
    line: int | None = None
    """Source line that last bound the name, where known."""
    value: Nested | None = None
    """The numbers where there are `PREVIEW_ELEMENTS` or fewer, else None."""
    value_stats: Stats | None = None
    grad: Nested | None = None
    """``.grad`` after the run, under the same rule. None too where there is no ``.grad``: then `grad_stats` is None as well."""
    grad_stats: Stats | None = None
    grad_fn: int | None = None
    """Id of its node in the graph shown, or of its AccumulateGrad for a leaf."""


class Storage(Record, frozen=True, kw_only=True, omit_defaults=False):
    """A piece of memory that one tensor or several point into."""

    id: int
    nbytes: int
    device: str
    dtype: str
    """The dtype its cells are read in: that of the first tensor seen over it."""
    cells: Nested | None = None
    """The first `cells` elements as a flat list, at most 256; None where they cannot be read (meta, freed)."""
