"""Files of tensors: what a worker is asked to read or to write, and what it tells. The bytes themselves are frames of their own, never JSON."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Nested, Record
from explorer.ir.run import Sentence, Status
from explorer.ir.tensors import Stats

FileFormat = Literal["pt", "safetensors", "npy", "hdf5"]

MOST_FILE_BYTES = 8 * 2**20
"""Bytes of a file that is read; `.streamlit/config.toml` lets as many be uploaded."""

MOST_WRITTEN_BYTES = 2 * 2**20
"""Bytes of a file that is written: it is kept for its session until it is asked for."""

MOST_ENTRIES = 2_000
"""Tensors of one file that are told of."""

SpanKind = Literal["header", "pickle", "data", "chunk", "other"]


class FileRequest(Record, frozen=True, kw_only=True):
    """What to do with tensors: those in the bytes that follow, or those that `code` makes. Equal requests with equal bytes get equal answers."""

    code: str | None = None
    """Makes the tensors; None: they are read from the bytes that follow this message."""
    names: tuple[str, ...] = ()
    """Which tensors to write; empty: all that there are."""
    rows: tuple[int | None, int | None] | None = None
    """Read only ``dset[start:stop]`` of each HDF5 dataset; None: all of it."""
    write: tuple[FileFormat, ...] = ()
    """Formats to write the tensors in; the bytes of each come back."""
    chunk_rows: int | None = None
    """Rows of an HDF5 chunk; None writes each dataset in one piece."""
    seed: int = 0
    device: str = "cpu"


class Entry(Record, frozen=True, kw_only=True):
    """One tensor of a file."""

    name: str
    """As the file says it; empty for the only tensor of a file without names."""
    shape: tuple[int, ...] = ()
    dtype: str
    nbytes: int
    """Bytes of its elements: ``numel x itemsize``."""
    value: Nested | None = None
    """The numbers read, where they are few (`PREVIEW_ELEMENTS`); of `rows` where only those were read."""
    value_stats: Stats | None = None


class Span(Record, frozen=True, kw_only=True):
    """A stretch of bytes of a file, and what lies there."""

    start: int
    end: int
    kind: SpanKind
    name: str = ""


class ByteRead(Record, frozen=True, kw_only=True):
    """One read of the file by the library."""

    start: int
    end: int
    phase: Literal["open", "data"]
    """``open``: to find out what is in the file; ``data``: for the elements that were asked for."""


class File(Record, frozen=True, kw_only=True):
    """A file that was read or written, or why it was not."""

    format: FileFormat
    nbytes: int = 0
    spans: tuple[Span, ...] = ()
    """In order of their start, without overlap; what lies between them belongs to the format."""
    reads: tuple[ByteRead, ...] = ()
    sentence: Sentence | None = None
    """Why it could not be written; then it has no bytes."""


class FileAnswer(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What became of a `FileRequest`. After it come the bytes of each file in `written` that has any, one frame each."""

    status: Status
    sentence: Sentence | None = None
    message: str | None = None
    """The sentence in English."""
    line: int | None = None
    stdout: str = ""
    read: File | None = None
    """The file that was read; None where the tensors came from code."""
    entries: tuple[Entry, ...] = ()
    others: int = 0
    """Things in the file that are no tensors: numbers, texts."""
    written: tuple[File, ...] = ()
