"""``.npy``: numpy's own format, one array. A text header, then the elements as they lie in memory; arrays of objects would be pickles and are refused."""

from __future__ import annotations

import io
from collections.abc import Mapping
from math import prod

import numpy as np
import torch

from explorer.ir import FileRequest, Span
from explorer.worker.files.contents import BadFileError, Contents

MAGIC = np.lib.format.MAGIC_PREFIX


def read(payload: bytes, _request: FileRequest) -> Contents:
    """The array as a tensor of its own; raises `BadFileError`."""
    shape, fortran, dtype, start = _header(payload)
    if dtype.hasobject:
        raise BadFileError("files.npy.objects")
    held, said = len(payload) - start, prod(shape) * dtype.itemsize
    if held != said:
        raise BadFileError("files.size", shape=shape, said=f"{said:,}", held=f"{held:,}")
    flat = np.frombuffer(payload, dtype, offset=start)
    array = flat.reshape(shape, order="F" if fortran else "C")
    return Contents("npy", {"": as_tensor(array)}, spans=_spans(payload, start))


def _header(payload: bytes) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, whether columns come first, dtype, and where the elements begin."""
    stream = io.BytesIO(payload)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(stream)
    if version not in readers:
        raise BadFileError("files.npy.version", version=".".join(map(str, version)))
    shape, fortran, dtype = readers[version](stream)
    return shape, fortran, dtype, stream.tell()


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """A tensor with a copy of the elements, in this machine's byte order; raises `BadFileError` for a dtype that torch has not."""
    try:
        return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C", copy=True))
    except TypeError:
        raise BadFileError("files.dtype.numpy", dtype=array.dtype) from None


def as_array(name: str, tensor: torch.Tensor) -> np.ndarray:
    """The elements for a format of numpy's; raises `BadFileError` for a tensor that has no such array."""
    try:
        return tensor.detach().cpu().resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError):
        raise BadFileError("files.dtype.torch", name=name, dtype=_kind(tensor)) from None


def _kind(tensor: torch.Tensor) -> str:
    kind = tensor.dtype if tensor.layout is torch.strided else tensor.layout
    return str(kind).removeprefix("torch.")


def write(tensors: Mapping[str, torch.Tensor], _request: FileRequest) -> tuple[bytes, tuple[Span, ...]]:
    """The one tensor; raises `BadFileError` where there are more."""
    if len(tensors) != 1:
        raise BadFileError("files.npy.one", count=len(tensors))
    ((name, tensor),) = tensors.items()
    out = io.BytesIO()
    np.save(out, as_array(name, tensor), allow_pickle=False)
    payload = out.getvalue()
    return payload, _spans(payload, _header(payload)[3])


def _spans(payload: bytes, start: int) -> tuple[Span, ...]:
    return (
        Span(start=0, end=start, kind="header", name="shape, dtype"),
        Span(start=start, end=len(payload), kind="data", name=""),
    )
