"""The table of what torch saves for which slot, against torch: every function with every choice of inputs that need a gradient."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from explorer.capture.needs import _SERVES, is_known, serves
from explorer.ir import Node, Saved

INDEX = torch.tensor([0, 2])


def numbers(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    return [torch.rand(shape) + 1.0 for shape in shapes]


def bag(weight: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return F.embedding_bag(
        torch.tensor([0, 2, 1]), weight, torch.tensor([0, 2]), mode="sum", per_sample_weights=weights
    )


def put_masked(x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    mask = torch.tensor([True, False])
    return torch.ops.aten._unsafe_masked_index_put_accumulate(x, mask, [INDEX], values)


def sparse_addmm(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.sparse.addmm(x, a.detach().to_sparse().requires_grad_(a.requires_grad), b)


def sampled(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.sparse.sampled_addmm(x.detach().to_sparse_csr().requires_grad_(x.requires_grad), a, b)


SELECTIVE: dict[str, tuple[Callable[..., Any], list[torch.Tensor]]] = {
    "AddbmmBackward0": (torch.addbmm, numbers((2, 4), (5, 2, 3), (5, 3, 4))),
    "AddcdivBackward0": (torch.addcdiv, numbers((3,), (3,), (3,))),
    "AddcmulBackward0": (torch.addcmul, numbers((3,), (3,), (3,))),
    "AddmmBackward0": (torch.addmm, numbers((2, 4), (2, 3), (3, 4))),
    "AddmvBackward0": (torch.addmv, numbers((2,), (2, 3), (3,))),
    "AddrBackward0": (torch.addr, numbers((2, 3), (2,), (3,))),
    "BaddbmmBackward0": (torch.baddbmm, numbers((5, 2, 4), (5, 2, 3), (5, 3, 4))),
    "BmmBackward0": (torch.bmm, numbers((5, 2, 3), (5, 3, 4))),
    "ComplexBackward0": (torch.complex, numbers((3,), (3,))),
    "CopysignBackward0": (torch.copysign, numbers((3,), (3,))),
    "DivBackward0": (torch.div, numbers((3,), (3,))),
    "DivBackward2": (lambda a, b: torch.div(a, b, rounding_mode="floor"), numbers((3,), (3,))),
    "DotBackward0": (torch.dot, numbers((3,), (3,))),
    "EmbeddingBagBackward0": (bag, numbers((4, 2), (3,))),
    "FmodBackward1": (torch.fmod, numbers((3,), (3,))),
    "HypotBackward0": (torch.hypot, numbers((3,), (3,))),
    "IgammaBackward0": (torch.igamma, numbers((3,), (3,))),
    "IgammacBackward0": (torch.igammac, numbers((3,), (3,))),
    "IndexAddBackward0": (lambda a, b: a.index_add(0, INDEX, b), numbers((3, 2), (2, 2))),
    "IndexCopyBackward0": (lambda a, b: a.index_copy(0, INDEX, b), numbers((3, 2), (2, 2))),
    "LdexpBackward0": (torch.ldexp, numbers((3,), (3,))),
    "LerpBackward1": (torch.lerp, numbers((3,), (3,), (3,))),
    "LinalgCrossBackward0": (torch.linalg.cross, numbers((2, 3), (2, 3))),
    "MmBackward0": (torch.mm, numbers((2, 3), (3, 4))),
    "MulBackward0": (torch.mul, numbers((3,), (3,))),
    "MvBackward0": (torch.mv, numbers((2, 3), (3,))),
    "NextafterBackward0": (torch.nextafter, numbers((3,), (3,))),
    "PutBackward0": (lambda a, b: a.put(INDEX, b), numbers((3,), (2,))),
    "RemainderBackward1": (torch.remainder, numbers((3,), (3,))),
    "ScatterAddBackward0": (lambda a, b: a.scatter_add(0, INDEX, b), numbers((3,), (2,))),
    "SparseAddmmBackward0": (sparse_addmm, numbers((2, 4), (2, 3), (3, 4))),
    "SparseSampledAddmmBackward0": (sampled, numbers((2, 4), (2, 3), (3, 4))),
    "SpecialZetaBackward0": (torch.special.zeta, numbers((3,), (3,))),
    "TrilinearBackward0": (
        lambda a, b, c: torch._trilinear(a, b, c, [], [], [], [1], 1),
        numbers((2, 3), (2, 3), (2, 3)),
    ),
    "UnsafeMaskedIndexPutAccumulateBackward0": (put_masked, numbers((3,), (2,))),
    "VdotBackward0": (torch.vdot, numbers((3,), (3,))),
}

CANNOT_RUN_HERE = {"GroupedMmBackward0"}
"""Rows that need another device; read off torch's generator alone."""

ALWAYS: dict[str, tuple[Callable[..., Any], list[torch.Tensor]]] = {
    "ConvolutionBackward0": (F.conv2d, numbers((1, 2, 5, 5), (3, 2, 3, 3), (3,))),
    "NativeBatchNormBackward0": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        numbers((4, 3), (3,), (3,)),
    ),
    "NativeLayerNormBackward0": (lambda x, w, b: F.layer_norm(x, (3,), w, b), numbers((4, 3), (3,), (3,))),
    "NativeGroupNormBackward0": (lambda x, w, b: F.group_norm(x, 2, w, b), numbers((4, 6), (6,), (6,))),
    "AddBackward0": (torch.add, numbers((3,), (3,))),
    "SubBackward0": (torch.sub, numbers((3,), (3,))),
    "PowBackward1": (torch.pow, numbers((3,), (3,))),
    "MaximumBackward0": (torch.maximum, numbers((3,), (3,))),
    "WhereBackward0": (lambda a, b: torch.where(a > b, a, b), numbers((3,), (3,))),
    "Atan2Backward0": (torch.atan2, numbers((3,), (3,))),
    "LogaddexpBackward0": (torch.logaddexp, numbers((3,), (3,))),
    "MseLossBackward0": (F.mse_loss, numbers((3,), (3,))),
    "PreluKernelBackward0": (F.prelu, numbers((4, 3), (3,))),
    "CatBackward0": (lambda a, b: torch.cat([a, b]), numbers((3,), (2,))),
    "StackBackward0": (lambda a, b: torch.stack([a, b]), numbers((3,), (3,))),
    "EmbeddingBackward0": (lambda w: F.embedding(INDEX, w), numbers((4, 2))),
    "LerpBackward0": (lambda a, b: torch.lerp(a, b, 0.5), numbers((3,), (3,))),
    "GridSampler2DBackward0": (
        lambda x, grid: F.grid_sample(x, grid - 1.5, align_corners=False),
        numbers((1, 1, 4, 4), (1, 2, 2, 2)),
    ),
    "ScaledDotProductFlashAttentionForCpuBackward0": (
        F.scaled_dot_product_attention,
        numbers((1, 2, 4, 8), (1, 2, 4, 8), (1, 2, 4, 8)),
    ),
}


def saved_for(call: Callable[..., Any], inputs: list[torch.Tensor], choice: tuple[bool, ...]) -> tuple[Any, set[str]]:
    """The node of a call and the names of the tensors that it saved, as Python reads them."""
    result = call(*[tensor.clone().requires_grad_(needs) for tensor, needs in zip(inputs, choice, strict=True)])
    node = result.grad_fn
    names = (name for name in dir(node) if name.startswith("_saved_"))
    return node, {name.removeprefix("_saved_") for name in names if isinstance(getattr(node, name), torch.Tensor)}


@pytest.mark.parametrize("name", SELECTIVE | ALWAYS)
@pytest.mark.filterwarnings("ignore:Sparse")
def test_the_table_says_what_torch_saves(name: str) -> None:
    call, inputs = (SELECTIVE | ALWAYS)[name]
    node, everything = saved_for(call, inputs, (True,) * len(inputs))
    assert node.name() == name
    assert is_known(Node(id=0, name=name, kind="operation"))
    told = everything & serves(name).keys()
    assert bool(told) == (name in SELECTIVE)
    for choice in product([False, True], repeat=len(inputs)):
        if any(choice):
            chosen, saved = saved_for(call, inputs, choice)
            needing = {slot for slot, (target, _) in enumerate(chosen.next_functions) if target is not None}
            expected = {one for one in everything if one not in told or needing.intersection(serves(name)[one])}
            assert saved == expected, choice


def test_every_row_was_tried() -> None:
    assert SELECTIVE.keys() | CANNOT_RUN_HERE == _SERVES.keys()


@pytest.mark.parametrize(("name", "kind"), [("CopySlices", "operation"), ("MulBackward0", "custom")])
def test_what_torch_did_not_generate_is_not_known(name: str, kind: Any) -> None:
    assert not is_known(Node(id=0, name=name, kind=kind, saved=(Saved(name="self"),)))
