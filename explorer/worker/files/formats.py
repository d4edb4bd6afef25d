"""The formats by name, and which of them some bytes are in: told from the bytes, never from what the file is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from explorer.ir import FileFormat, FileRequest, Span
from explorer.worker.files import hdf5, npy, pt, safe
from explorer.worker.files.contents import BadFileError, Contents

_READERS: Mapping[FileFormat, Callable[[bytes, FileRequest], Contents]] = MappingProxyType(
    {"pt": pt.read, "safetensors": safe.read, "npy": npy.read, "hdf5": hdf5.read}
)
_WRITERS: Mapping[FileFormat, Callable[[Mapping[str, torch.Tensor], FileRequest], tuple[bytes, tuple[Span, ...]]]] = (
    MappingProxyType({"pt": pt.write, "safetensors": safe.write, "npy": npy.write, "hdf5": hdf5.write})
)

_MAGIC: Mapping[bytes, FileFormat] = MappingProxyType(
    {hdf5.MAGIC: "hdf5", npy.MAGIC: "npy", b"PK": "pt", b"\x80": "pt"}
)
"""A zip archive and a bare pickle both go to ``pt``, which says what is wrong with one that is no `torch.save`'s."""


def recognise(payload: bytes) -> FileFormat:
    """The format of some bytes; raises `BadFileError` where it is none of ours."""
    if not payload:
        raise BadFileError("files.empty")
    if safe.begins(payload):
        return "safetensors"
    for start, found in _MAGIC.items():
        if payload.startswith(start):
            return found
    raise BadFileError("files.unknown")


def read(payload: bytes, request: FileRequest = FileRequest()) -> Contents:  # noqa: B008  a frozen record
    """The tensors in some bytes, on the CPU.

    Raises:
        BadFileError: for every reason there is: unknown, cut off, contradictory, or asking for what no file may.
    """
    found = recognise(payload)
    try:
        return _READERS[found](payload, request)
    except (BadFileError, MemoryError):
        raise
    except Exception as problem:  # a library may raise anything over bytes that were made to break it
        said = str(problem).strip().split("\n")[0][:160] or type(problem).__name__
        raise BadFileError("files.broken", format=f".{found}", said=said) from problem


def write(
    tensors: Mapping[str, torch.Tensor],
    target: FileFormat,
    request: FileRequest = FileRequest(),  # noqa: B008
) -> tuple[bytes, tuple[Span, ...]]:
    """The tensors in a format, and what lies where in its bytes; raises `BadFileError` where the format does not hold them."""
    try:
        return _WRITERS[target](tensors, request)
    except (BadFileError, MemoryError):
        raise
    except Exception as problem:  # sparse, quantised, meta: each library has words of its own
        said = str(problem).strip().split("\n")[0][:160] or type(problem).__name__
        raise BadFileError("files.unwritten", format=f".{target}", said=said) from problem
