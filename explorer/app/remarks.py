"""What a page says about a run in words: why it failed and where, and what else is worth knowing."""

from __future__ import annotations

from typing import Literal

from explorer.ir import Record, Run
from explorer.words import Language, say, tell

RemarkKind = Literal["refused", "error", "stopped", "note"]


class Remark(Record, frozen=True, kw_only=True):
    """One box of text. It may quote what a person typed, so it is shown as plain text only."""

    kind: RemarkKind
    title: str
    text: str


def remarks(run: Run, language: Language) -> tuple[Remark, ...]:
    """The failure first, then the notes."""
    notes = tuple(
        Remark(kind="note", title=say("remark.note", language), text=tell(note, language)) for note in run.notes
    )
    text = _text(run, language)
    if not text:
        return notes
    kind: RemarkKind = "note" if run.status == "ok" else run.status
    place = "" if run.line is None else say("remark.line", language, line=run.line)
    return (Remark(kind=kind, title=f"{say(f'remark.{kind}', language)}{place}", text=text), *notes)


def marks(run: Run | None, code: str, language: Language) -> dict[int, str]:
    """Message by line of `code` that the last run complained about; none where that run was of other code."""
    if run is None or run.code != code or run.line is None or run.status == "ok":
        return {}
    return {run.line: _text(run, language) or ""}


def _text(run: Run, language: Language) -> str | None:
    return tell(run.sentence, language) if run.sentence is not None else run.message
