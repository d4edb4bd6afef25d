"""Which slot each saved tensor serves, where torch keeps it for that slot alone.

A tensor that only one input's derivative needs is not saved when that input needs no gradient: ``mat1`` of an `addmm` is
there for the gradient of ``mat2``. Torch's code generator decides so for the functions below and for no others, in torch
2.13 (``guard_for`` in its ``gen_variable_type.py``, over ``derivatives.yaml``); everything else that a function saves, it
saves whichever input needs a gradient. A convolution, for one, keeps its input also where its weight is frozen.

Cannot see: what an ``autograd.Function`` of the user decides by itself, and what ``CopySlices`` holds inside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from explorer.ir import Node

_SERVES: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "AddbmmBackward0": {"batch1": (2,), "batch2": (1,)},
    "AddcdivBackward0": {"tensor1": (2,)},
    "AddcmulBackward0": {"tensor1": (2,), "tensor2": (1,)},
    "AddmmBackward0": {"mat1": (2,), "mat2": (1,)},
    "AddmvBackward0": {"mat": (2,), "vec": (1,)},
    "AddrBackward0": {"vec1": (2,), "vec2": (1,)},
    "BaddbmmBackward0": {"batch1": (2,), "batch2": (1,)},
    "BmmBackward0": {"self": (1,), "mat2": (0,)},
    "ComplexBackward0": {"real": (0,), "imag": (1,)},
    "CopysignBackward0": {"self": (0,)},
    "DivBackward0": {"self": (1,)},
    "DivBackward2": {"self": (1,)},
    "DotBackward0": {"self": (1,), "tensor": (0,)},
    "EmbeddingBagBackward0": {"weight": (1,)},
    "FmodBackward1": {"self": (1,), "other": (1,)},
    "GroupedMmBackward0": {"self": (1,), "mat2": (0,)},
    "HypotBackward0": {"self": (0,), "other": (1,)},
    "IgammaBackward0": {"self": (1,), "other": (1,)},
    "IgammacBackward0": {"self": (1,), "other": (1,)},
    "IndexAddBackward0": {"index": (1,), "source": (1,)},
    "IndexCopyBackward0": {"source": (1,)},
    "LdexpBackward0": {"other": (0,)},
    "LerpBackward1": {"self": (2,), "end": (2,)},
    "LinalgCrossBackward0": {"self": (1,), "other": (0,)},
    "MmBackward0": {"self": (1,), "mat2": (0,)},
    "MulBackward0": {"self": (1,), "other": (0,)},
    "MvBackward0": {"self": (1,), "vec": (0,)},
    "NextafterBackward0": {"self": (0,), "other": (0,)},
    "PutBackward0": {"source": (1,)},
    "RemainderBackward1": {"self": (1,), "other": (1,)},
    "ScatterAddBackward0": {"index": (1,)},
    "SparseAddmmBackward0": {"mat2": (1,)},
    "SparseSampledAddmmBackward0": {"mat1": (2,), "mat2": (1,)},
    "SpecialZetaBackward0": {"self": (1,), "other": (1,)},
    "TrilinearBackward0": {"i1": (1, 2), "i2": (0, 2), "i3": (0, 1)},
    "UnsafeMaskedIndexPutAccumulateBackward0": {"mask": (1,)},
    "VdotBackward0": {"self": (1,), "other": (0,)},
}

_GENERATED = re.compile(r"Backward\w*\d(_copy)?$")
"""How torch's code generator names a node: `MulBackward0`, but not `CopySlices`."""

HIDING = frozenset({"CopySlices"})
"""Nodes with another node inside, whose saved tensors Python cannot read."""


_NOTHING: Mapping[str, tuple[int, ...]] = {}


def serves(node: str) -> Mapping[str, tuple[int, ...]]:
    """By name of a saved tensor of such a node: the slots of which one must need a gradient for it to be kept.

    What is not among them is kept as long as the node is there.
    """
    return _SERVES.get(node, _NOTHING)


def is_known(node: Node) -> bool:
    """Whether `serves` is true of this node: it saved nothing, or torch made its code from a derivative formula."""
    return not node.saved or (node.kind != "custom" and _is_generated(node.name))


@cache
def _is_generated(name: str) -> bool:
    return _GENERATED.search(name) is not None
