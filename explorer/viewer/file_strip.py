"""The strip of a file's bytes: where its header and its elements lie, and which bytes were read for what was asked."""

from __future__ import annotations

from explorer.ir import File
from explorer.viewer.component import browser_module
from explorer.viewer.storage import view_words
from explorer.words import Language

MOST_SPANS = 400

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
            "words": view_words("file_strip.", language),
        },
    )
