"""The strip of a file's bytes: where its header and its elements lie, and which bytes were read for what was asked."""

from __future__ import annotations

from explorer.ir import File
from explorer.viewer.component import browser_module
from explorer.viewer.storages import view_words
from explorer.words import Language

MOST_SPANS = 400

_SMALL = 4
"""Elements in less than the fourth part of a file are also drawn by themselves."""

_mount = browser_module("explorer_file_strip", "file_strip.mjs", "sheet.css")


def file_strip(file: File, *, key: str, language: Language) -> None:
    """Draw a file that was read or written."""
    spans = [
        {"start": span.start, "end": span.end, "kind": span.kind, "name": span.name}
        for span in file.spans[:MOST_SPANS]
        if span.end > span.start
    ]
    reads = [{"start": read.start, "end": read.end, "phase": read.phase} for read in file.reads[:MOST_SPANS]]
    _mount(
        key=key,
        data={
            "nbytes": max(1, file.nbytes),
            "spans": spans,
            "reads": reads,
            "kinds": list(dict.fromkeys(span["kind"] for span in spans)),
            "zoom": zoom(file),
            "words": view_words("file_strip.", language),
        },
    )


def zoom(file: File) -> tuple[int, int] | None:
    """Where the elements lie, where they were read and are too small a part of the file to see which of them."""
    held = [span for span in file.spans if span.kind in ("data", "chunk") and span.end > span.start]
    if not held or not any(read.phase == "data" for read in file.reads):
        return None
    start, end = held[0].start, max(span.end for span in held)
    return (start, end) if _SMALL * (end - start) < file.nbytes else None
