"""``.safetensors``: eight bytes of length, a JSON header, then the elements. Nothing in it can be code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch

from explorer.ir import FileRequest, Span
from explorer.worker.files.contents import BadFileError, Contents

_LENGTH = 8


def read(payload: bytes, _request: FileRequest) -> Contents:
    """All tensors; raises `BadFileError`, or whatever the library raises for a file that contradicts itself."""
    header = _header(payload)
    tensors = safetensors.torch.load(payload)
    said = header.get("__metadata__") or {}
    texts = {str(name): str(text) for name, text in said.items()}
    return Contents("safetensors", tensors, spans=_spans(payload, header), texts=texts)


def begins(payload: bytes) -> bool:
    """Whether the bytes look like it: a length that fits, then a JSON object."""
    end = _LENGTH + int.from_bytes(payload[:_LENGTH], "little")
    return len(payload) > _LENGTH and end <= len(payload) and payload[_LENGTH:end].lstrip()[:1] == b"{"


def _header(payload: bytes) -> dict[str, Any]:
    end = _LENGTH + int.from_bytes(payload[:_LENGTH], "little")
    if end > len(payload):
        raise BadFileError("files.short", said=f"{end:,}", held=f"{len(payload):,}")
    header: dict[str, Any] = json.loads(payload[_LENGTH:end])
    return header


def _spans(payload: bytes, header: dict[str, Any]) -> tuple[Span, ...]:
    start = _LENGTH + int.from_bytes(payload[:_LENGTH], "little")
    data = sorted(
        (one["data_offsets"][0], one["data_offsets"][1], name) for name, one in header.items() if name != "__metadata__"
    )
    return (
        Span(start=0, end=start, kind="header", name="JSON"),
        *(Span(start=start + first, end=start + last, kind="data", name=name) for first, last, name in data),
    )


def write(tensors: Mapping[str, torch.Tensor], _request: FileRequest) -> tuple[bytes, tuple[Span, ...]]:
    """Each tensor's elements in row-major order: views are written out, since the format knows no shared storage."""
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided:
            raise BadFileError("files.layout", name=name, layout=str(tensor.layout).removeprefix("torch."))
    payload = safetensors.torch.save(
        {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}
    )
    return payload, _spans(payload, _header(payload))
