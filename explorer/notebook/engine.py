"""What a backward starts with, and backward by torch's engine, where its hooks or its numbers are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from explorer.capture.private import quiet
from explorer.capture.proof import Proof
from explorer.capture.prover import Prover
from explorer.capture.snapshot import MOST_NODES_WITH_NUMBERS, Result, Snapshot
from explorer.notebook.options import trace_error
from explorer.words import Language


def starts(results: Sequence[Result], given: Any, language: Language) -> list[torch.Tensor]:
    """The gradient of each result, in its shape and dtype: ones, or what was given (`TraceOptions.gradient`), broadcast.

    Raises:
        TraceError: it does not fit.
    """
    listed = [None] * len(results) if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if len(listed) != len(results):
        raise trace_error("gradient_count", language, count=len(results), given=len(listed))
    return [_start(result.tensor, one, language) for result, one in zip(results, listed, strict=True)]


def _start(output: Any, given: Any, language: Language) -> torch.Tensor:
    with quiet(), torch.no_grad():
        if given is None:
            return torch.ones_like(output)
        try:
            return torch.as_tensor(given, dtype=output.dtype, device=output.device).expand_as(output).clone()
        except (RuntimeError, ValueError, TypeError) as problem:
            raise trace_error("gradient_shape", language, shape=tuple(output.shape)) from problem


def by_engine(snapshot: Snapshot, results: Sequence[Result], gradients: Sequence[torch.Tensor], verify: bool) -> None:
    """``autograd.grad`` under hooks of our own: the user's hooks run too. Buffers stay, and no leaf's ``.grad`` changes.

    Where it is to `verify`, each node is executed a second time, by hand, and what comes to the leaves is compared.
    """
    leaves = snapshot.leaf_tensors()
    outputs, inputs = [one.tensor for one in results if one.tensor is not None], [leaf for _, leaf in leaves]
    if verify:
        prover = Prover("always", MOST_NODES_WITH_NUMBERS)
        snapshot.prove(prover, "grad", (), {"outputs": outputs, "inputs": inputs, "grad_outputs": gradients})
    with snapshot.flow.watching(), torch.enable_grad():
        arrived = torch.autograd.grad(outputs, inputs, gradients, retain_graph=True, allow_unused=True)
    if isinstance(snapshot.proof, Proof):
        snapshot.proof.finish(arrived)
    for (at, _), gradient in zip(leaves, arrived, strict=True):
        if gradient is not None:
            snapshot.arrived(at, 0, gradient)


@contextmanager
def full_precision(gradients: Sequence[torch.Tensor]) -> Iterator[None]:
    """Without the caller's autocast: backward belongs outside of it."""
    with ExitStack() as stack:
        for device in {gradient.device.type for gradient in gradients}:
            if device in ("cpu", "cuda") and torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        yield
