"""The view workbench's state: a tensor to start from and a chain of steps, which together are a small program, one line a step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from explorer.ir import Input, Record, Run, RunRequest
from explorer.strides.steps import LONGEST_STEP

MOST_STEPS = 30

START = """\
points = torch.tensor([
    [4., 1.],
    [5., 3.],
    [2., 1.],
])"""
"""After chapter 3.8 of the notes."""

_PREFIXES = ("x", "y", "z", "step", "step_")


class WorkbenchState(Record, frozen=True, kw_only=True):
    """Equal states show equal workbenches."""

    start: str = START
    """Code that makes the first tensor; any code may stand there."""
    tensor: str | None = "points"
    """Name of the tensor to start from; None takes the last one that `start` makes."""
    steps: tuple[str, ...] = (".t()", ".view(6)")
    """As typed: what begins with ``.`` or ``[`` is applied to the tensor before, anything else is an expression that may name it."""
    inputs: tuple[Input, ...] = ()
    seed: int = 0
    device: str = "cpu"
    revision: int = 0
    """Grows when the page puts another text into the editor."""

    def with_start(self, code: str) -> WorkbenchState:
        """Another tensor to start from, as typed; the chain begins anew."""
        return WorkbenchState(start=code, tensor=None, steps=(), revision=self.revision)

    def with_program(self, request: RunRequest) -> WorkbenchState:
        """What another page ran last, to start from."""
        return WorkbenchState(
            start=request.code,
            tensor=None,
            steps=(),
            inputs=request.inputs,
            seed=request.seed,
            device=request.device,
            revision=self.revision + 1,
        )

    def with_steps(self, steps: Sequence[str]) -> WorkbenchState:
        """Another chain on the same tensor: one line a step, none empty, none too long."""
        lines = (" ".join(step.split())[:LONGEST_STEP] for step in steps[:MOST_STEPS])
        return replace(self, steps=tuple(line for line in lines if line))

    def request(self, steps: int | None = None) -> RunRequest:
        """The run of the first `steps` steps, or of all."""
        return RunRequest(
            code=self.code(steps),
            inputs=self.inputs,
            inputs_may_miss=True,
            seed=self.seed,
            device=self.device,
            verify="never",
        )

    def code(self, steps: int | None = None) -> str:
        """The program: the start, then a line for each step."""
        return "\n".join([self.start.rstrip("\n"), *self.lines()[:steps]])

    def lines(self) -> list[str]:
        """The line of each step, as in ``x1 = points.t()``; none while it is not known what to start from."""
        if self.tensor is None:
            return []
        names = self.names()
        return [
            f"{name} = {before}{step}" if step.startswith((".", "[")) else f"{name} = {step}"
            for before, name, step in zip(names, names[1:], self.steps, strict=False)
        ]

    def names(self) -> list[str]:
        """The name of the tensor to start from, and of what each step gives."""
        free = (one for one in _PREFIXES if not re.search(rf"\b{one}\d+\b", self.start))
        prefix = next(free, "chain_step_")
        return [self.tensor or "", *(f"{prefix}{at}" for at in range(1, len(self.steps) + 1))]

    def line_of(self, step: int) -> int:
        """The line of the program, from 1, on which the step stands, counted from 0."""
        return self.start.rstrip("\n").count("\n") + 2 + step


def startable(run: Run) -> tuple[str, ...]:
    """The tensors of a run that a chain can start from: those that code can name."""
    return tuple(one.name for one in run.tensors if one.origin != "result" and "(" not in one.name)


def settle(state: WorkbenchState, run: Run) -> WorkbenchState | None:
    """The state with a tensor to start from, after a run of its start alone; None where there is none.

    A bare expression gets a name, so that the chain can go on from it.
    """
    names = startable(run)
    if names:
        return replace(state, tensor=state.tensor if state.tensor in names else _last_bound(run, names))
    if run.tensors and "\n" not in state.start.strip():
        return replace(state, start=f"x = {state.start.strip()}", tensor="x", revision=state.revision + 1)
    return None


def _last_bound(run: Run, names: Sequence[str]) -> str:
    """The tensor that was bound on the last line, of several the last in the list."""
    lines = {one.name: one.line or 0 for one in run.tensors}
    return max(names, key=lambda name: (lines[name], names.index(name)))
