"""A run: what was asked, and everything that was seen. A request goes to the worker, a `Run` comes back; both are JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from explorer.ir.evidence import Check, Memory, Operator, Times, Verification
from explorer.ir.graph import Graph
from explorer.ir.record import Nested, Record
from explorer.ir.step import StepUpdate, TrainingStep
from explorer.ir.tensors import Storage, Tensor, TensorMeta

SCHEMA_VERSION = 2
"""Of what is written; what version 1 wrote is read too."""

Status = Literal["ok", "refused", "error", "stopped"]
"""``refused`` by the gate before it ran; ``error`` the code raised; ``stopped`` by a limit or a crash of its process."""


Verify = Literal["auto", "always", "never"]


class Sentence(Record, frozen=True, kw_only=True):
    """A text for people: a key of the catalogue in `explorer.words`, with what to fill in. Pages show it in their language."""

    key: str
    values: dict[str, str] = msgspec.field(default_factory=dict)


class Input(Record, frozen=True, kw_only=True):
    """A free name of a bare expression, given a number (or nested lists) from outside."""

    name: str
    value: Nested = 1.0
    requires_grad: bool = True


class LibraryModel(Record, frozen=True, kw_only=True):
    """A model of a library that may be installed, with random weights."""

    library: str
    """As it is imported, as in ``transformers``."""
    name: str
    """As the library calls it, as in ``gpt2``."""


class Repository(Record, frozen=True, kw_only=True):
    """A Torch Hub repository that code may load models from by ``torch.hub.load``."""

    name: str
    """As code writes it, as in ``owner/repo:ref`` or the name of a folder."""
    archive: bytes
    """A .zip, which is opened in the jailed child only."""


class RunRequest(Record, frozen=True, kw_only=True):
    """Everything that decides what a run does: equal requests give equal runs (timings apart)."""

    code: str
    inputs: tuple[Input, ...] = ()
    inputs_may_miss: bool = False
    """Whether an input for a name that the code has not free is left aside rather than refused."""
    result: str | None = None
    """Variable to differentiate; None takes the last expression, else ``loss``, else the last tensor assigned that has a grad_fn."""
    gradient: Nested | None = None
    """``gradient`` handed to ``backward`` of a non-scalar result, broadcast to its shape; None means ones."""
    backward: int = -1
    """Which of the code's own ``backward()`` calls to capture, from 0; -1 is the last."""
    seed: int = 0
    device: str = "cpu"
    verify: Verify = "auto"
    """Whether backward is executed a second time, node by node, as a proof; ``auto`` leaves out what would take long."""
    repeats: int = 0
    """How often the code is run again, only to take times."""
    check: int | None = None
    """Index of a forward call to check against finite differences."""
    step: TrainingStep | None = None
    """Where the code trains a model: the one step to record."""
    library: LibraryModel | None = None
    """A model of an optional library, which the code finds as ``model``, and what it takes as ``inputs``."""
    repository: Repository | None = None


class View(Record, frozen=True, kw_only=True):
    """An output that is a view, and the tensor that it is a view of."""

    output: int
    """Position among the outputs of the call."""
    shape: tuple[int, ...]
    """Of the base."""
    input: int | None = None
    """Position of the base among the inputs of the call, where it is one of them."""
    name: str | None = None
    """Variable that holds the base, where one does."""


class Call(Record, frozen=True, kw_only=True):
    """One call of one module."""

    module: str
    """Path, as in ``model.layer1``."""
    number: int = 0
    """Which call of this module, from 0."""
    outer: int | None = None
    """Index into `Run.calls` of the module call around it."""


class Op(Record, frozen=True):
    """One forward call that Python made. The capture makes them by position, by the ten thousand."""

    index: int
    name: str
    """As in ``mul`` or ``linear``."""
    text: str
    """The piece of source that made it, at most 80 characters, as in ``x ** 2``."""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    module: str | None = None
    call: int = 0
    inputs: tuple[TensorMeta, ...] = ()
    outputs: tuple[TensorMeta, ...] = ()
    input_names: tuple[str | None, ...] = ()
    in_place: bool = False
    versions_after: tuple[int, ...] = ()
    """``_version`` of each input after an in-place call (in `inputs` it is that before); empty where the call wrote to none."""
    views: tuple[View, ...] = ()
    grad_fn: int | None = None
    """Node id in the graph shown, where this call made one that is in it."""
    within: int | None = None
    """Index into `Run.calls` of the innermost module call that it was made in."""
    operators: tuple[int, ...] = ()
    """Indices into `Run.operators`: what the dispatcher was asked for, in order, in the first call of this kind."""


class BackwardCall(Record, frozen=True, kw_only=True, omit_defaults=False):
    """One call of backward (or of ``torch.autograd.grad``) that the code made itself."""

    index: int
    line: int | None = None
    kind: Literal["backward", "grad"] = "backward"
    name: str | None = None
    """Name or source text of the tensor it was called on."""
    value: Nested | None = None
    """The number it was called on, where that is one number (a loss)."""
    nodes: int = 0


class Run(Record, frozen=True, kw_only=True, omit_defaults=False, gc=True, weakref=True):
    """All that is known of one run; of the records in it, what has its default is not written. `docs/json.md` documents it as the command line writes it.

    As of a `Graph`, what is computed from it once is forgotten with it.
    """

    schema_version: int = SCHEMA_VERSION
    status: Status
    message: str | None = None
    """What happened and what to try, one English sentence or two; None when there is nothing to say."""
    line: int | None = None
    """The source line, from 1, that `message` speaks of."""
    sentence: Sentence | None = None
    """The same message for translation."""
    notes: tuple[Sentence, ...] = ()
    """Further remarks that are no failure, as in "recording stopped after 20000 calls"."""
    graph: Graph = Graph()
    tensors: tuple[Tensor, ...] = ()
    storages: tuple[Storage, ...] = ()
    ops: tuple[Op, ...] = ()
    calls: tuple[Call, ...] = ()
    """Module calls that made a call of `ops`, each after the one around it."""
    stdout: str = ""
    seconds: float = 0.0
    """Wall seconds from the start of the code to the end of the capture, in the child."""
    timings: dict[str, float] = msgspec.field(default_factory=dict)
    """Wall seconds by phase: ``gate``, ``forward``, ``backward``, ``capture``, and the parent's ``fork``, ``total``."""
    code: str = ""
    seed: int = 0
    device: str = "cpu"
    inputs: tuple[Input, ...] = ()
    """The free names that were given values."""
    result: str | None = None
    """What was differentiated: a variable's name, or the source text of the last expression."""
    results: tuple[str, ...] = ()
    """Variables that could be chosen as the result."""
    result_shape: tuple[int, ...] | None = None
    """Shape of the result; not ``()`` means that a gradient of that shape was handed to backward."""
    backward: int | None = None
    """Index in `backwards` of the call that `graph` shows; None where the product called backward itself."""
    backwards: tuple[BackwardCall, ...] = ()
    operators: tuple[Operator, ...] = ()
    times: Times | None = None
    memory: Memory | None = None
    verification: Verification | None = None
    check: Check | None = None
    """The answer to `RunRequest.check`."""
    update: StepUpdate | None = None
    """The answer to `RunRequest.step`: what the optimizer did in it."""
