"""What was found out about a run beside its graph: how it was dispatched, timed, weighed, and proved."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Nested, Number, Record


class Operator(Record, frozen=True, kw_only=True):
    """One call that went through torch's dispatcher."""

    name: str
    """With overload, as in ``aten::mul.Tensor``."""
    keys: tuple[str, ...] = ()
    """Dispatch keys in the order in which they are served, as in ``AutogradCPU``, ``ADInplaceOrView``, ``CPU``."""
    kernel: str = ""
    """The key whose kernel computed: a backend (``CPU``, ``CUDA``) or a ``Composite`` one that calls other operators."""
    schema: str | None = None
    """As torch declares it, as in ``mul.Tensor(Tensor self, Tensor other) -> Tensor``."""


class Times(Record, frozen=True, kw_only=True):
    """Seconds of wall time, or of device time on CUDA."""

    forward: tuple[float, ...] = ()
    """By index in `Run.ops`; a call counts what it calls."""
    backward: tuple[float | None, ...] = ()
    """By node id; None for a node that did not run."""
    repeats: int = 0
    """Numbers are the medians of so many further runs; 0: one run, the recorded one."""
    device: str = "cpu"


class Weight(Record, frozen=True, kw_only=True):
    """Bytes kept for backward by the nodes of one module, or of the whole run (path ``""``); each storage counts whole, and once."""

    path: str
    saved: int = 0
    """All storages under tensors that its nodes saved."""
    own: int = 0
    """Of those, what nobody else holds: neither leaves with a name (parameters, inputs), nor nodes outside of the module."""
    parameters: int = 0
    """Storages of the parameters in it."""


class Saving(Record, frozen=True, kw_only=True):
    """How much less the run would keep for backward (`Weight.own`) after one change."""

    name: str
    """The leaf that is frozen, or the module of which all parameters are frozen or that is checkpointed."""
    nbytes: int
    """Negative where more would be kept."""
    nodes: int = 0
    """Nodes that the graph would lose."""
    module: bool = False
    """Whether `name` is a module's path."""
    exact: bool = True
    """False where something takes part that cannot be seen, such as a custom function's own choice of what it saves."""


class Memory(Record, frozen=True, kw_only=True):
    """What backward keeps alive, and what would change that; each list has the most bytes first."""

    run: Weight = Weight(path="")
    modules: tuple[Weight, ...] = ()
    freezing: tuple[Saving, ...] = ()
    """By ``requires_grad_(False)``, for the largest 1,000 leaves and 1,000 modules."""
    checkpointing: tuple[Saving, ...] = ()
    """By ``torch.utils.checkpoint.checkpoint(module, ..., use_reentrant=False)`` at each call, for 1,000 modules."""


class Verification(Record, frozen=True, kw_only=True):
    """The captured backward, executed a second time node by node, beside what autograd left in ``.grad``."""

    status: Literal["verified", "failed", "skipped"]
    reason: str | None = None
    """Why it was skipped: ``large``, ``asked``, ``nothing`` to compare, backward ``raised``, ``unreadable`` gradients (inside vmap);
    of `explorer.trace`, ``by_hand`` (torch's engine did not run)."""
    leaves: int = 0
    """Leaf gradients compared."""
    equal: int = 0
    """Of those, how many were equal bit for bit."""
    largest_difference: Number = 0.0
    """Absolute, over all elements of the worst leaf: that whose difference takes the largest part of its tolerance."""
    tolerance: float = 0.0
    """What that difference was measured against; 0 asks for equal bits."""
    worst: str | None = None
    """Name of that leaf, or of a node on the way to one; None where all are equal."""
    executed: int = 0
    """Nodes that were executed a second time."""
    adopted: tuple[str, ...] = ()
    """Names of nodes whose result was taken over instead, each name once: custom functions, kernels that must not run twice, what a hook of the code changed."""


class CheckedInput(Record, frozen=True, kw_only=True):
    """The derivative of one forward call by one of its inputs, for one seeded direction v of the outputs (1 where there is one number)."""

    name: str | None = None
    """Variable that held it."""
    position: int = 0
    """Among the call's tensors, as in `Op.inputs`."""
    autograd: Nested | None = None
    """v^T J by autograd in float64: element by element for 64 or fewer, else one number, its product with a seeded direction."""
    numeric: Nested | None = None
    """The same by central finite differences."""
    largest_difference: Number = 0.0
    """Between the two, absolute."""


class Check(Record, frozen=True, kw_only=True):
    """One forward call, its vector-Jacobian product by autograd beside central finite differences in float64."""

    op: int
    status: Literal["agrees", "differs", "impossible"]
    reason: str | None = None
    """Why it was not possible: ``integer``, ``large``, ``layout``, ``not_finite``, ``not_reached``, ``nothing``, ``raised``, ``random``.

    Or what is to be known of the answer: ``kink`` where the slopes of both sides differ (then a difference is no fault),
    ``structure`` where torch takes a matrix to be symmetric or triangular (likewise), ``precision`` where only float64 agrees.
    """
    step: float = 0.0
    """Of the finite differences, relative to the element."""
    tolerance: float = 0.0
    """How far the two may be apart, relative to the largest derivative or to 1; what f itself is rounded by comes on top."""
    inputs: tuple[CheckedInput, ...] = ()
