"""One forward call checked: the vector-Jacobian product of autograd beside central finite differences in float64.

While the run is recorded, the chosen call leaves its function and copies of its arguments here. When everything is written
down, it is executed again on further copies: for a seeded direction v of the outputs, v^T J by autograd must be what
(f(x + h e) - f(x - h e)) / 2h says, element by element where an input has few, else along one seeded direction.
Cannot see: tensors that a function takes from somewhere else than its arguments, and casts by autocast.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch

from explorer.capture.numbers import read_values
from explorer.capture.private import quiet
from explorer.capture.quotients import (
    Differences,
    ImpossibleError,
    Pull,
    Verdict,
    close_in_own,
    doubled,
    is_real_or_complex,
)
from explorer.capture.repeated import Again
from explorer.ir import Check, CheckedInput, Graph, Op, number

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)


class Checker:
    """Waits for one forward call, keeps what it was given, and executes it again when asked."""

    def __init__(self, index: int) -> None:
        """`index` is that of the call in `Run.ops`."""
        self.index = index
        self._call: Again | None = None

    def meet(
        self, index: int, name: str, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        """To be told of each call before it runs. A call that is left out of the log afterwards gives its index to the next one."""
        if index == self.index:
            try:
                with quiet():
                    self._call = Again(name, func, args, kwargs)
            except _UNREADABLE:  # inside vmap, for one: the code's own call goes on as if nobody had looked
                self._call = None

    def check(self, ops: Sequence[Op], graph: Graph) -> Check:
        """Compare. `ops` are all calls that were logged; an output without a gradient in `graph` is left out.

        RNG, stdout and the run's tensors stay as they are.
        """
        call = self._call
        if not 0 <= self.index < len(ops):
            return Check(op=self.index, status="impossible", reason="not_reached")
        if call is None:
            return Check(op=self.index, status="impossible", reason="raised")
        try:
            with quiet(), torch.enable_grad(), _aside():
                return _compare(call, self.index, ops[self.index].input_names, _unused(ops[self.index], graph))
        except ImpossibleError as problem:
            return Check(op=self.index, status="impossible", reason=str(problem))
        except Exception:  # whatever torch or the code's own function raises when it is executed again
            return Check(op=self.index, status="impossible", reason="raised")


def _unused(op: Op, graph: Graph) -> frozenset[int]:
    incoming = () if op.grad_fn is None else graph.nodes[op.grad_fn].incoming
    if len(incoming) != len(op.outputs) or not any(incoming):
        return frozenset()
    return frozenset(at for at, gradient in enumerate(incoming) if gradient is None)


@contextmanager
def _aside() -> Iterator[None]:
    """Random numbers and printed text of the second execution are not those of the run."""
    state = torch.get_rng_state()
    nowhere = io.StringIO()
    try:
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            yield
    finally:
        torch.set_rng_state(state)


def _compare(call: Again, index: int, names: Sequence[str | None], unused: frozenset[int]) -> Check:
    if call.reason:
        raise ImpossibleError(call.reason)
    own, double = call.tensors, [doubled(tensor) for tensor in call.tensors]
    places = [at for at, tensor in enumerate(own) if call.wanted[at] and is_real_or_complex(tensor)]
    if not places:
        raise ImpossibleError("nothing")
    pull = Pull(call, double, unused)
    products, rough = pull.products(double, places), pull.products(own, places)
    differences = Differences(pull, double)
    inputs, verdicts = [], []
    for at, product, own_product in zip(places, products, rough, strict=True):
        asked, found, verdict = differences.judge(at, product)
        if verdict == ("differs", None) and call.name in _STRUCTURED and asked.alike_in_part(found, pull.tolerance):
            verdict = ("differs", "structure")
        if verdict[0] == "agrees" and not close_in_own(asked.seen(own_product), found, own[at].dtype):
            verdict = ("differs", "precision")
        verdicts.append(verdict)
        inputs.append(
            CheckedInput(
                name=names[at] if at < len(names) else None,
                position=at,
                autograd=read_values(found),
                numeric=read_values(asked.middle),
                largest_difference=number(float((found - asked.middle).abs().max()) if found.numel() else 0.0),
            )
        )
    status, reason = max(verdicts, key=_ORDER.index)
    return Check(op=index, status=status, reason=reason, step=pull.step, tolerance=pull.tolerance, inputs=tuple(inputs))


_STRUCTURED = frozenset(
    [
        "cholesky",
        "cholesky_ex",
        "cholesky_solve",
        "cholesky_inverse",
        "linalg_cholesky",
        "linalg_cholesky_ex",
        "linalg_eigh",
        "linalg_eigvalsh",
    ]
)
"""Calls that read one triangle of a matrix: torch's gradient holds for changes that keep it symmetric, or in that triangle."""

_ORDER: list[Verdict] = [
    ("agrees", None), ("agrees", "kink"), ("differs", "kink"), ("differs", "structure"), ("differs", "precision"), ("differs", None),
]  # fmt: skip
"""Verdicts on one input; the last one counts for the call."""
