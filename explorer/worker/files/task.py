"""One `FileRequest`, in the child: tensors from bytes or from code, told as records and written as asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from math import prod

import torch
from msgspec.structs import replace

from explorer.capture.numbers import dtype_name, read_stats, read_values
from explorer.ir import MOST_ENTRIES, MOST_WRITTEN_BYTES, Entry, File, FileAnswer, FileFormat, FileRequest
from explorer.words import tell
from explorer.worker.files.contents import BadFileError, Contents
from explorer.worker.files.formats import read, write
from explorer.worker.session import Made, make


def handle(request: FileRequest, payload: bytes) -> tuple[FileAnswer, list[bytes]]:
    """Do what `request` asks; the bytes are those of each written file, in order. It never raises for what a file holds."""
    if request.code is not None:
        return _from_code(request, make(request.code, request.seed))
    try:
        contents = read(payload, request)
    except BadFileError as problem:
        return FileAnswer(status="refused", sentence=problem.sentence, message=tell(problem.sentence)), []
    file = File(format=contents.format, nbytes=len(payload), spans=contents.spans, reads=contents.reads)
    return _answer(request, contents.tensors, FileAnswer(status="ok", read=file, others=contents.others), contents)


def _from_code(request: FileRequest, made: Made) -> tuple[FileAnswer, list[bytes]]:
    told = FileAnswer(
        status=made.status,
        sentence=made.sentence,
        message=tell(made.sentence) if made.sentence else None,
        line=made.line,
        stdout=made.stdout,
    )
    if made.status != "ok":
        return told, []
    return _answer(request, made.tensors, told, Contents("pt"))


def _answer(
    request: FileRequest, tensors: Mapping[str, torch.Tensor], told: FileAnswer, contents: Contents
) -> tuple[FileAnswer, list[bytes]]:
    chosen = {name: tensor for name, tensor in tensors.items() if not request.names or name in request.names}
    entries = tuple(_entry(name, tensor, contents) for name, tensor in islice(chosen.items(), MOST_ENTRIES))
    files, pieces = [], []
    for target in request.write:
        file, piece = _written(chosen, target, request)
        files.append(file)
        pieces += [piece] if piece else []
    return replace(told, entries=entries, written=tuple(files)), pieces


def _written(tensors: Mapping[str, torch.Tensor], target: FileFormat, request: FileRequest) -> tuple[File, bytes]:
    try:
        if not tensors:
            raise BadFileError("files.nothing")
        payload, spans = write(tensors, target, request)
        if len(payload) > MOST_WRITTEN_BYTES:
            raise BadFileError("files.large", nbytes=f"{len(payload):,}", most=MOST_WRITTEN_BYTES // 2**20)
    except BadFileError as problem:
        return File(format=target, sentence=problem.sentence), b""
    return File(format=target, nbytes=len(payload), spans=spans), payload


def _entry(name: str, tensor: torch.Tensor, contents: Contents) -> Entry:
    shape = tuple(contents.shapes.get(name, tensor.shape))
    numel = prod(shape)
    return Entry(
        name=name,
        shape=shape,
        dtype=dtype_name(tensor.dtype),
        nbytes=numel * tensor.element_size(),
        value=read_values(tensor),
        value_stats=read_stats(tensor),
    )
