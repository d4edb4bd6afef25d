"""A training run: what was asked, and what comes back of it while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from explorer.ir.record import Number, Record
from explorer.ir.run import Sentence, Status
from explorer.ir.step import DataRequest

DataKind = Literal["regression", "classes"]


class TrainingRequest(Record, frozen=True, kw_only=True):
    """Everything that decides a training run. The code builds ``model`` and trains it: its loop runs as it stands."""

    code: str
    data: DataRequest = DataRequest()
    seed: int = 0
    device: str = "cpu"


class TrainingPoint(Record, frozen=True, kw_only=True):
    """One optimizer step."""

    step: int
    loss: Number
    """Of the batch: what the last backward before the step began at."""
    gradient_norm: Number
    """Euclidean norm over all parameters' gradients, as the optimizer got them (after clipping)."""
    layer_norms: tuple[Number, ...] = ()
    """The same by parameter, in the order of `TrainingStart.parameters`."""
    learning_rate: Number = 0.0
    """Of the optimizer's first group, at this step."""
    seconds: float = 0.0
    """Wall seconds since the start, pauses left out."""
    values: tuple[Number, ...] = ()
    """After the step, the parameters themselves where they are two numbers in all."""


class Spread(Record, frozen=True, kw_only=True):
    """How the elements of a tensor spread: 24 bins of equal width between the smallest and the largest finite one."""

    low: Number
    high: Number
    counts: tuple[int, ...] = ()
    """Elements by bin; of an evenly strided sample where there are many."""


class LayerState(Record, frozen=True, kw_only=True):
    """One parameter at one step."""

    weight: Spread
    norm: Number
    """Euclidean norm before the step."""
    gradient: Spread | None = None
    update: Number | None = None
    """Norm of the step's change over `norm`; None where the step was not watched, or the norm is 0."""


class Activation(Record, frozen=True, kw_only=True):
    """The output of one call of an activation function in one batch."""

    name: str
    """Module path where it was made in one of PyTorch's own modules, else function and line, as in ``tanh, line 18``."""
    spread: Spread
    dead: float | None = None
    """Share of units that are 0 for every row of the batch, for the functions of ReLU's kind."""


class Scores(Record, frozen=True, kw_only=True):
    """The model in evaluation mode on one part of the data, at most 2,048 rows of it."""

    loss: Number | None = None
    metric: Number | None = None
    """Accuracy (0 to 1) for classes; for regression R squared."""


class Predictions(Record, frozen=True, kw_only=True):
    """What the model says at one step, in the form that suits the data."""

    form: Literal["grid", "curve", "confusion", "pairs", "text"]
    width: int = 0
    height: int = 0
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    """Corners of the grid, ends of the curve."""
    values: bytes = b""
    """Grid: uint8 classes, or float32 values, row by row from `low`. Curve: float32. Confusion: int32 [truth, answer]. Pairs: float32 truth and answer."""
    certain: bytes = b""
    """Grid of classes: uint8, the largest probability times 255."""
    text: str = ""
    """What a model of text writes on."""


class TrainingSnapshot(Record, frozen=True, kw_only=True, tag="snapshot"):
    """What is too much to say of every step."""

    step: int
    train: Scores
    validation: Scores | None = None
    layers: tuple[LayerState, ...] = ()
    """In the order of `TrainingStart.parameters`."""
    activations: tuple[Activation, ...] = ()
    graph: str = ""
    """Short name of the graph that the step's backward went through: equal for graphs of equal structure; empty where it is not known."""
    skipped: int = 0
    """Steps so far that a GradScaler left out, since their gradients were not finite; no point tells of these."""
    predictions: Predictions | None = None


class TrainingSurface(Record, frozen=True, kw_only=True, tag="surface"):
    """The loss over all training rows as a function of the model's two numbers, around the path that the run took."""

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    width: int
    height: int
    losses: bytes
    """float32, row by row; `names[0]` along a row."""


class TrainingStart(Record, frozen=True, kw_only=True, tag="start"):
    parameters: tuple[str, ...]
    """Names of those that learn."""
    parameter_count: int
    """Elements over all parameters."""
    shapes: tuple[tuple[int, ...], ...] = ()
    steps: int | None = None
    """How many steps there will be, where the code's ``EPOCHS`` and ``BATCH_SIZE`` (or ``STEPS``) tell."""
    kind: DataKind = "classes"
    outputs: int = 1
    """Classes there are, or numbers a row is answered with."""
    train_rows: int = 0
    validation_rows: int = 0
    inputs: bytes = b""
    targets: bytes = b""
    """Of data with one or two inputs the first rows, float32: what is drawn under the predictions."""


class TrainingPoints(Record, frozen=True, kw_only=True, tag="points"):
    """Points since the last message; several at once, so that a fast loop is not slowed by its own report."""

    points: tuple[TrainingPoint, ...]


class TrainingNotice(Record, frozen=True, kw_only=True, tag="notice"):
    """What a run is about after its last step, for those who wait for its end."""

    sentence: Sentence


class TrainingEnd(Record, frozen=True, kw_only=True, tag="end"):
    status: Status
    message: str | None = None
    line: int | None = None
    sentence: Sentence | None = None
    stdout: str = ""


class TrainingRun(Record, frozen=True, kw_only=True):
    """A training as a whole: what was asked, all that came back, and with what it was made."""

    request: TrainingRequest
    start: TrainingStart | None = None
    points: Sequence[TrainingPoint] = ()
    """Records, or `explorer.ir.Points`; only records can be written as JSON."""
    snapshots: tuple[TrainingSnapshot, ...] = ()
    surface: TrainingSurface | None = None
    end: TrainingEnd | None = None
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    """Of python, torch and numpy."""


TrainingFrame = TrainingStart | TrainingPoints | TrainingSnapshot | TrainingSurface | TrainingNotice | TrainingEnd
"""What a training child sends: one start, then points and snapshots, where there are two parameters a surface, perhaps a notice, one end."""


class Steer(Record, frozen=True, kw_only=True):
    """What a person tells a run that goes on. It takes effect after the step in hand."""

    command: Literal["pause", "step", "resume"]
