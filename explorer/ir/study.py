"""What is asked of a model beside its graph: how it takes a checkpoint, what it says of a picture, and how the static ways of torch see a function."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Nested, Number, Record
from explorer.ir.run import Repository, Sentence, Status

MOST_KEYS = 400
"""Names of one kind that are told of."""

MOST_PIXELS = 256 * 256
"""Of a picture in an answer."""

Drawn = Literal["horse", "digit", "shapes", "stripes"]
"""Pictures that the project's own code draws."""


class InferenceRequest(Record, frozen=True, kw_only=True):
    """Build a model, load a checkpoint, show it a picture. Two frames follow: the checkpoint's bytes and the picture's, each may be empty."""

    code: str
    """Makes ``model``; it is run up to the first statement that calls it."""
    prefix: str = ""
    """Taken off the names in the checkpoint, as in ``module.``."""
    drawn: Drawn = "horse"
    """The picture, where no bytes of one follow."""
    shape: tuple[int, int, int] = (3, 224, 224)
    """Channels, height and width that the model takes."""
    normalize: bool = True
    look: bool = True
    """Whether the picture is shown to the model at all."""
    repository: Repository | None = None
    seed: int = 0
    device: str = "cpu"


class Misshapen(Record, frozen=True, kw_only=True):
    """A name that both have, with different shapes."""

    name: str
    wanted: tuple[int, ...]
    """By the model."""
    given: tuple[int, ...]
    """By the checkpoint."""


class Loading(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How a checkpoint fits a model. What fits has been loaded."""

    format: str
    tensors: int
    """In the checkpoint."""
    matched: int
    wanted: int
    """Entries of the model's ``state_dict``."""
    missing: tuple[str, ...] = ()
    """Names of the model that the checkpoint has not; at most `MOST_KEYS`, as of the others."""
    unexpected: tuple[str, ...] = ()
    misshapen: tuple[Misshapen, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)
    """How many there are of each."""
    suggestion: str | None = None
    """A prefix that, taken off, lets more names match; empty: taking nothing off does."""


class Picture(Record, frozen=True, kw_only=True):
    """Pixels to show, three bytes each, row by row."""

    width: int
    height: int
    pixels: bytes


class Stage(Record, frozen=True, kw_only=True):
    """A picture after one step of its preparation."""

    name: Literal["image", "resize", "crop", "grey", "tensor", "normalize"]
    call: str
    """As a person would write it, as in ``Resize(256)``."""
    shape: tuple[int, ...]
    dtype: str
    low: Number
    high: Number
    mean: Number
    picture: Picture


class Guess(Record, frozen=True, kw_only=True):
    """One class."""

    index: int
    score: Number
    share: Number
    """Of softmax, from 0 to 1."""


class Said(Record, frozen=True, kw_only=True):
    """What a model gave in one mode."""

    mode: Literal["eval", "train"]
    shape: tuple[int, ...] = ()
    mean: Number = 0.0
    std: Number = 0.0
    top: tuple[Guess, ...] = ()
    """The five with the highest scores, where the output is one row of them."""
    picture: Picture | None = None
    """Where the output is one."""
    sentence: Sentence | None = None
    """Why it gave nothing."""


class ModeChange(Record, frozen=True, kw_only=True):
    """One BatchNorm or Dropout in both modes."""

    module: str
    class_name: str
    eval_mean: Number
    eval_std: Number
    train_mean: Number
    train_std: Number


class InferenceAnswer(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What became of an `InferenceRequest`."""

    status: Status
    sentence: Sentence | None = None
    message: str | None = None
    line: int | None = None
    stdout: str = ""
    loading: Loading | None = None
    """None where there was no checkpoint."""
    labels: tuple[str, ...] = ()
    """Names of the classes, where the checkpoint brought them."""
    stages: tuple[Stage, ...] = ()
    said: tuple[Said, ...] = ()
    """In eval mode, twice in train mode."""
    changes: tuple[ModeChange, ...] = ()


class StaticRequest(Record, frozen=True, kw_only=True):
    """See a function of the project's own through define-by-run and the three static ways."""

    function: str
    """Name in `explorer.models.FUNCTIONS`; nothing that a person typed is run."""
    code: None = None
    seed: int = 0
    device: str = "cpu"


class Way(Record, frozen=True, kw_only=True):
    """The graph that one way made of a function, and what it computes."""

    name: Literal["eager", "trace", "fx", "export"]
    text: str = ""
    """As torch prints it."""
    nodes: tuple[str, ...] = ()
    """Its operations in order."""
    second_nodes: tuple[str, ...] | None = None
    """Those for the second input, where the way makes a graph of its own for it."""
    results: tuple[Nested | None, ...] = ()
    """For both inputs; None where it gave nothing."""
    said: str = ""
    """What torch said: its error, or its warning."""
    failed: bool = False
    second_said: str = ""
    """Torch's error for the second input."""


class StaticAnswer(Record, frozen=True, kw_only=True, omit_defaults=False):
    """The answer to a `StaticRequest`."""

    status: Status
    sentence: Sentence | None = None
    message: str | None = None
    ways: tuple[Way, ...] = ()
