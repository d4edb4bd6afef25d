"""What the functions that know one operation each give back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from explorer.ir import Record, Sentence
from explorer.strides.layout import Layout


class Made(Record, frozen=True, kw_only=True):
    """The layouts that an operation gives, and why they are a view or a copy."""

    kind: Literal["view", "copy", "same", "parts"]
    layouts: tuple[Layout, ...]
    why: Sentence


class RefusedError(Exception):
    """torch would refuse this step: `sentence` says why; `shape` is what a view was asked for."""

    def __init__(self, sentence: Sentence, shape: tuple[int, ...] | None = None) -> None:
        super().__init__(sentence.key)
        self.sentence, self.shape = sentence, shape


def viewed(layout: Layout, why: str, **values: object) -> Made:
    return Made(kind="view", layouts=(layout,), why=said(why, **values))


def copied(layout: Layout, why: str, **values: object) -> Made:
    return Made(kind="copy", layouts=(layout,), why=said(why, **values))


def same(layout: Layout, why: str, **values: object) -> Made:
    return Made(kind="same", layouts=(layout,), why=said(why, **values))


def said(why: str, **values: object) -> Sentence:
    return Sentence(key=f"strides.why.{why}", values={name: written(value) for name, value in values.items()})


def written(value: object) -> str:
    """As Python writes it."""
    return str(tuple(value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
