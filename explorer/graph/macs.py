"""Multiply-accumulates of one forward call, from the shapes that it was made with.

What is counted is what torch's own counter counts (``torch.utils.flop_counter``, two operations for each): convolutions, products of
matrices, attention and recurrent layers. Element by element operations have none by this convention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

from explorer.ir import Op

Shape = tuple[int, ...]


def _convolution(inputs: list[Shape], outputs: list[Shape]) -> int:
    """Each number that comes out is a sum over one window: all but the first size of the weight."""
    return prod(outputs[0]) * prod(inputs[1][1:])


def _transposed(inputs: list[Shape], _outputs: list[Shape]) -> int:
    """Each number that comes in is spread over one window."""
    return prod(inputs[0]) * prod(inputs[1][1:])


def _linear(inputs: list[Shape], outputs: list[Shape]) -> int:
    return prod(outputs[0]) * inputs[1][-1]


def _product(inputs: list[Shape], outputs: list[Shape]) -> int:
    return prod(outputs[0]) * inputs[0][-1]


def _added_product(inputs: list[Shape], outputs: list[Shape]) -> int:
    """``addmm(bias, a, b)``."""
    return prod(outputs[0]) * inputs[1][-1]


def _summed_products(inputs: list[Shape], outputs: list[Shape]) -> int:
    """``addbmm(bias, a, b)``: the products of a batch, added up."""
    return prod(outputs[0]) * inputs[1][-1] * inputs[1][0]


def _attention(inputs: list[Shape], _outputs: list[Shape]) -> int:
    """Scores of every query with every key, then as many weighted values."""
    query, key, value = inputs[:3]
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _heads(inputs: list[Shape], outputs: list[Shape]) -> int:
    """``nn.MultiheadAttention``: three projections in, the attention of all heads, one projection out."""
    query, key = inputs[:2]
    width = query[-1]
    batch = query[1] if len(query) == 3 else 1
    queries, keys = prod(query[:-1]), prod(key[:-1])
    projections = (2 * queries + 2 * keys) * width * width
    return projections + 2 * batch * query[0] * key[0] * width


def _recurrent(inputs: list[Shape], _outputs: list[Shape]) -> int:
    """Every weight matrix once for each step of each sequence."""
    return prod(inputs[0][:-1]) * sum(prod(shape) for shape in inputs[1:] if len(shape) == 2)


def _cell(states: int) -> Callable[[list[Shape], list[Shape]], int]:
    """One step: both weight matrices, which follow the input and its states."""

    def count(inputs: list[Shape], _outputs: list[Shape]) -> int:
        weights = inputs[1 + states : 3 + states]
        return prod(inputs[0][:-1]) * sum(prod(shape) for shape in weights)

    return count


_FORMULAS: Mapping[str, Callable[[list[Shape], list[Shape]], int]] = MappingProxyType(
    {
        **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
        **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
        "linear": _linear,
        **dict.fromkeys(("matmul", "__matmul__", "mm", "bmm", "mv", "dot", "inner"), _product),
        **dict.fromkeys(("addmm", "addmv", "baddbmm"), _added_product),
        "addbmm": _summed_products,
        "scaled_dot_product_attention": _attention,
        "multi_head_attention_forward": _heads,
        **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
        "lstm_cell": _cell(2),
        **dict.fromkeys(("gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _cell(1)),
    }
)

_NOT_BY_SHAPE = frozenset({"einsum", "tensordot", "bilinear", "multi_dot", "chain_matmul", "cdist", "__rmatmul__"})
"""Functions that multiply and add, but whose shapes alone do not say how often."""


def macs(op: Op) -> int | None:
    """Multiply-accumulates of a call; 0 for what has none, None where its shapes do not say."""
    if op.name in _NOT_BY_SHAPE:
        return None
    formula = _FORMULAS.get(op.name)
    if formula is None:
        return 0
    try:
        return formula([one.shape for one in op.inputs], [one.shape for one in op.outputs])
    except (IndexError, ValueError):  # called in a way that the formula does not know
        return None
