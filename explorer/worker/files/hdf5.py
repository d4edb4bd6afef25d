"""HDF5 by `h5py`: groups and datasets, of which a part can be read. Every read of the library is noted, so that the page can show which bytes it took.

A file of this format may name other files (external links, external storage, virtual datasets) and filters that are plugins:
each is refused by name here, and could not be opened from the jail.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import h5py
import torch

from explorer.ir import ByteRead, FileRequest, Span
from explorer.worker.files.contents import BadFileError, Contents, check_room
from explorer.worker.files.npy import as_array, as_tensor

MAGIC = b"\x89HDF\r\n\x1a\n"

_MOST_CHUNKS = 4_096
_DEPTH = 16
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}
"""Those that h5py brings along; any other would be a library that HDF5 looks for on the disk."""


class _Watched(io.BytesIO):
    """The file's bytes; notes where and how much is read."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.ranges: list[tuple[int, int]] = []

    def readinto(self, buffer: Any, /) -> int:
        start = self.tell()
        count = super().readinto(buffer)
        if count:
            self.ranges.append((start, start + count))
        return count

    def taken(self, phase: Any) -> tuple[ByteRead, ...]:
        """The reads since the last call."""
        ranges, self.ranges = self.ranges, []
        return tuple(ByteRead(start=start, end=end, phase=phase) for start, end in ranges)


def read(payload: bytes, request: FileRequest) -> Contents:
    """Every numeric dataset, or ``dset[start:stop]`` of each; raises `BadFileError`."""
    stream = _Watched(payload)
    contents = Contents("hdf5")
    shapes: dict[str, tuple[int, ...]] = {}
    spans: list[Span] = []
    with h5py.File(stream, "r") as file:
        datasets = dict(_datasets(file))
        for name, dataset in datasets.items():
            if dataset is None or dataset.shape is None or dataset.dtype.kind not in "biufc":
                contents.others += 1
                continue
            shapes[name] = dataset.shape
            spans += _spans(name, dataset)
        reads = stream.taken("open")
        check_room(sum(_asked(datasets[name], request) for name in shapes), len(payload))
        for name in shapes:
            contents.tensors[name] = as_tensor(_part(datasets[name], request))
        contents.reads = (*reads, *stream.taken("data"))
    contents.shapes, contents.spans = shapes, tuple(sorted(spans, key=lambda span: span.start))
    return contents


def _datasets(
    group: h5py.Group, path: str = "", above: frozenset[int] = frozenset()
) -> Iterator[tuple[str, h5py.Dataset | None]]:
    """Every dataset below `group`; None for what is none of ours (a soft link, a named type, a group that holds itself)."""
    above |= {h5py.h5o.get_info(group.id).addr}
    for key in group:
        name = f"{path}/{key}" if path else key
        link = group.get(key, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise BadFileError("files.hdf5.link", name=name, file=link.filename)
        item = group[key] if isinstance(link, h5py.HardLink) else None
        inside = isinstance(item, h5py.Group) and h5py.h5o.get_info(item.id).addr not in above
        if inside and len(above) < _DEPTH:
            yield from _datasets(item, name, above)
        else:
            yield name, _own(name, item) if isinstance(item, h5py.Dataset) else None


def _own(name: str, dataset: h5py.Dataset) -> h5py.Dataset:
    """The dataset, where all of it lies in this file and no plugin is needed to read it."""
    if dataset.is_virtual:
        raise BadFileError("files.hdf5.virtual", name=name)
    if dataset.external:
        raise BadFileError("files.hdf5.link", name=name, file=dataset.external[0][0])
    settings = dataset.id.get_create_plist()
    for at in range(settings.get_nfilters()):
        number = settings.get_filter(at)[0]
        if number not in _FILTERS:
            raise BadFileError("files.hdf5.filter", name=name, number=number, known=", ".join(_FILTERS.values()))
    return dataset


def _rows(dataset: h5py.Dataset, request: FileRequest) -> slice | None:
    return slice(*request.rows) if request.rows is not None and dataset.shape else None


def _asked(dataset: h5py.Dataset, request: FileRequest) -> int:
    """Bytes of the elements that are to be read, and of one chunk, which is read whole."""
    rows = _rows(dataset, request)
    count = prod(dataset.shape)
    if rows is not None:
        count = len(range(*rows.indices(dataset.shape[0]))) * prod(dataset.shape[1:])
    return int((count + prod(dataset.chunks or ())) * dataset.dtype.itemsize)


def _part(dataset: h5py.Dataset, request: FileRequest) -> Any:
    rows = _rows(dataset, request)
    return dataset[()] if rows is None else dataset[rows]


def _spans(name: str, dataset: h5py.Dataset) -> list[Span]:
    """Where the elements lie: one piece, or the chunks."""
    if dataset.chunks is None:
        start = dataset.id.get_offset()
        return [] if start is None else [Span(start=start, end=start + dataset.nbytes, kind="data", name=name)]
    chunks = [dataset.id.get_chunk_info(at) for at in range(min(_MOST_CHUNKS, dataset.id.get_num_chunks()))]
    return [
        Span(start=one.byte_offset, end=one.byte_offset + one.size, kind="chunk", name=f"{name} {one.chunk_offset}")
        for one in chunks
    ]


def write(tensors: Mapping[str, torch.Tensor], request: FileRequest) -> tuple[bytes, tuple[Span, ...]]:
    """One dataset for each tensor, in one piece or in chunks of so many rows."""
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        for name, tensor in tensors.items():
            array = as_array(name, tensor)
            chunks = None
            if request.chunk_rows and array.size:
                chunks = (min(request.chunk_rows, array.shape[0]), *array.shape[1:]) if array.ndim else None
            file.create_dataset(name, data=array, chunks=chunks)
    payload = out.getvalue()
    with h5py.File(io.BytesIO(payload), "r") as file:
        spans = [span for name in tensors for span in _spans(name, file[name])]
    return payload, tuple(sorted(spans, key=lambda span: span.start))
