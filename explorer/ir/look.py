"""Code looked at statement by statement: the memory after each, and the names of dimensions through each call."""

from __future__ import annotations

from explorer.ir.record import Nested, Record
from explorer.ir.run import Sentence, Status
from explorer.ir.tensors import Storage, Tensor

DimNames = tuple[str | None, ...]


class Given(Record, frozen=True, kw_only=True):
    """Names that a person gives to the dimensions of a variable."""

    variable: str
    names: DimNames


class LookRequest(Record, frozen=True, kw_only=True):
    """Code to be looked at while it runs; equal requests get equal answers."""

    code: str
    given: tuple[Given, ...] = ()
    seed: int = 0
    device: str = "cpu"


class Moment(Record, frozen=True, kw_only=True):
    """The memory after one statement. Tensors and numpy arrays over the same bytes have equal storage ids; an array's strides are in elements, too."""

    line: int
    """Of the statement, from 1."""
    text: str
    """The statement's first line."""
    tensors: tuple[Tensor, ...] = ()
    """Variables; ``origin`` is ``ndarray`` for an array."""
    storages: tuple[Storage, ...] = ()


class NamedDims(Record, frozen=True, kw_only=True):
    """A tensor of a call: its sizes, the names of its dimensions, and its variable where it has one."""

    shape: tuple[int, ...] = ()
    names: DimNames = ()
    variable: str | None = None
    value: Nested | None = None
    """The numbers, where they are few (`PREVIEW_ELEMENTS`)."""


class NamedStep(Record, frozen=True, kw_only=True):
    """One call and what it did to names."""

    line: int | None = None
    text: str = ""
    function: str
    inputs: tuple[NamedDims, ...] = ()
    output: NamedDims | None = None
    """None where torch refused the call."""
    rule: Sentence
    mismatch: Sentence | None = None
    """Where two names that met do not agree, or sizes do not."""
    hint: Sentence | None = None
    """How the same is said by name."""


class Look(Record, frozen=True, kw_only=True, omit_defaults=False):
    """The answer to a `LookRequest`; what came before a failure is kept."""

    status: Status
    sentence: Sentence | None = None
    message: str | None = None
    """The sentence in English."""
    line: int | None = None
    stdout: str = ""
    moments: tuple[Moment, ...] = ()
    steps: tuple[NamedStep, ...] = ()
    roots: tuple[NamedDims, ...] = ()
    """Variables that no other tensor went into: those whose dimensions a person names."""
