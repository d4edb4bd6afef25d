"""``.pt``: what ``torch.save`` writes, a zip archive of one pickle and of storages. Read with ``weights_only=True`` and nothing else.

A pickle is a program: ``GLOBAL os.system`` in it means "import this and call it". `torch.load(weights_only=True)` knows only
the few names that tensors need, so such a file is refused here by the name that it asks for, and never executed.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
import zipfile
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import torch

from explorer.ir import FileRequest, Span, SpanKind
from explorer.worker.files.contents import MOST_TEXTS, BadFileError, Contents, check_room

_MOST_PARTS = 20_000
_DEPTH = 8
_HEAD = 30
"""Bytes of a zip entry's own header before its name (PKWARE's APPNOTE, 4.3.7)."""

_ZIP = b"PK\x03\x04"
_WANTED = re.compile(r"GLOBAL ([\w.]+)")
_STRINGS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"})


def read(payload: bytes, _request: FileRequest) -> Contents:
    """The tensors of what was saved: a tensor, or those in dicts and lists; raises `BadFileError`."""
    spans = _archive(payload) if payload.startswith(_ZIP) else ()
    try:
        saved = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as problem:
        raise _refused(problem, _pickle(payload, spans)) from None
    tensors: dict[str, torch.Tensor] = {}
    texts: dict[str, str] = {}
    others = 0
    for name, value in _walk("", saved, 0):
        if isinstance(value, torch.Tensor):
            tensors[name] = value
            continue
        others += 1
        if isinstance(value, str) and len(texts) < MOST_TEXTS:
            texts[name] = value
    return Contents("pt", tensors, spans=spans, others=others, texts=texts)


def _archive(payload: bytes) -> tuple[Span, ...]:
    """Where each record of the archive lies; raises `BadFileError` where it is no archive of `torch.save`'s, which never compresses."""
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        parts = archive.infolist()
    names = [part.filename for part in parts]
    if not any(name.endswith("/data.pkl") for name in names):
        raise BadFileError("files.npz" if any(name.endswith(".npy") for name in names) else "files.zip")
    if any(name.endswith("/constants.pkl") for name in names):
        raise BadFileError("files.pt.script")
    unpacked = sum(part.file_size for part in parts)
    packed = any(part.compress_type != zipfile.ZIP_STORED for part in parts)
    if packed or unpacked > len(payload) or len(parts) > _MOST_PARTS:
        raise BadFileError("files.pt.packed", held=f"{len(payload):,}", unpacked=f"{unpacked:,}")
    return tuple(_span(payload, part) for part in sorted(parts, key=lambda part: part.header_offset))


def _span(payload: bytes, part: zipfile.ZipInfo) -> Span:
    at = part.header_offset
    name, extra = (int.from_bytes(payload[at + where : at + where + 2], "little") for where in (26, 28))
    start = at + _HEAD + name + extra
    short = part.filename.partition("/")[2]
    kind: SpanKind = "pickle" if short.endswith(".pkl") else "data" if short.startswith("data/") else "other"
    return Span(start=start, end=start + part.file_size, kind=kind, name=short)


def _pickle(payload: bytes, spans: tuple[Span, ...]) -> bytes:
    """The archive's pickle; a file without an archive is one itself."""
    found = next((span for span in spans if span.name == "data.pkl"), None)
    return payload[found.start : found.end] if found else payload


def _walk(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Tensors and whatever else stands in dicts and lists, by the keys that lead there."""
    if depth < _DEPTH and isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _walk(f"{name}.{key}" if name else str(key), item, depth + 1)
    else:
        yield name, value


def _refused(problem: Exception, pickled: bytes) -> BadFileError:
    """Why the pickle is not read: by the name that it wants imported, where it wants one."""
    said = _WANTED.search(str(problem))
    wanted = said[1] if said else next(_imports(pickled), None)
    if wanted is None:
        return BadFileError("files.broken", format=".pt", said="no pickle that torch.save writes")
    return BadFileError("files.pickle", wanted=wanted)


def _imports(pickled: bytes) -> Iterator[str]:
    """The names that a bare pickle would import, read from its opcodes; nothing is executed."""
    texts: list[str] = []
    try:
        for opcode, argument, _ in islice(pickletools.genops(pickled), 100_000):
            if opcode.name in _STRINGS:
                texts.append(str(argument))
            elif opcode.name == "GLOBAL":
                yield str(argument).replace(" ", ".")
            elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
                yield ".".join(texts[-2:])
    except ValueError:
        return  # not a pickle after all


def write(tensors: Mapping[str, torch.Tensor], _request: FileRequest) -> tuple[bytes, tuple[Span, ...]]:
    """One tensor as itself, several as a dict by name. A view brings its whole storage along: that is what `torch.save` does."""
    check_room(sum(tensor.untyped_storage().nbytes() for tensor in tensors.values() if _is_strided(tensor)), 0)
    out = io.BytesIO()
    torch.save(next(iter(tensors.values())) if len(tensors) == 1 else dict(tensors), out)
    payload = out.getvalue()
    return payload, _archive(payload)


def _is_strided(tensor: torch.Tensor) -> bool:
    return tensor.layout is torch.strided
