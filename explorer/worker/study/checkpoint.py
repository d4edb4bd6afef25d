"""A checkpoint into a model: what fits is copied, and everything that does not is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import torch
from torch import nn

from explorer.ir import MOST_KEYS, Loading, Misshapen
from explorer.worker.files import read_file
from explorer.worker.files.contents import BadFileError, Contents

MOST_LABELS = 30_000
_LABEL_KEYS = ("labels", "classes", "categories", "class_names", "id2label")


def load(model: nn.Module, payload: bytes, prefix: str) -> tuple[Loading, tuple[str, ...]]:
    """Copy the tensors of a checkpoint into a model.

    Args:
        model: anything that has a ``state_dict``.
        payload: bytes of a ``.safetensors`` or ``.pt`` file.
        prefix: taken off the names of the checkpoint that have it.

    Returns:
        How it fitted, and the names of the classes where the file brings some.

    Raises:
        BadFileError: the bytes are no checkpoint, or one that carries code.
    """
    contents = read_file(payload)
    if contents.format not in ("pt", "safetensors"):
        raise BadFileError("inference.checkpoint.format", format=contents.format)
    wanted = model.state_dict()
    given = {name.removeprefix(prefix): tensor for name, tensor in contents.tensors.items()}
    both = [name for name in wanted if name in given]
    misshapen = [name for name in both if wanted[name].shape != given[name].shape]
    matched = [name for name in both if wanted[name].shape == given[name].shape]
    with torch.no_grad():
        for name in matched:
            wanted[name].copy_(given[name])
    missing = [name for name in wanted if name not in given]
    unexpected = [name for name in given if name not in wanted]
    shapes = [
        Misshapen(name=name, wanted=tuple(wanted[name].shape), given=tuple(given[name].shape))
        for name in misshapen[:MOST_KEYS]
    ]
    told = Loading(
        format=contents.format,
        tensors=len(given),
        matched=len(matched),
        wanted=len(wanted),
        missing=tuple(missing[:MOST_KEYS]),
        unexpected=tuple(name[:200] for name in unexpected[:MOST_KEYS]),
        misshapen=tuple(shapes),
        counts=(len(missing), len(unexpected), len(misshapen)),
        suggestion=suggestion(wanted, contents.tensors, prefix),
    )
    return told, labels(contents)


def suggestion(wanted: Mapping[str, object], given: Mapping[str, object], prefix: str) -> str | None:
    """A prefix with which more names of the checkpoint are the model's than with `prefix`; None where there is none."""
    votes: Counter[str] = Counter()
    for name in given:
        at = 0
        while True:
            if name[at:] in wanted:
                votes[name[:at]] += 1
                break
            if (dot := name.find(".", at)) < 0:
                break
            at = dot + 1
    now = sum(name.removeprefix(prefix) in wanted for name in given)
    best, count = max(votes.items(), key=lambda vote: vote[1], default=("", 0))
    return best[:100] if best != prefix and count > now else None


def labels(contents: Contents) -> tuple[str, ...]:
    """Names of classes by their index: a list of texts beside the tensors of a ``.pt``, or one as JSON in a ``.safetensors`` header."""
    for key in _LABEL_KEYS:
        found = contents.texts.get(key)
        listed = _listed(found) if found is not None else _numbered(contents.texts, f"{key}.")
        if listed:
            return tuple(text[:80] for text in listed[:MOST_LABELS])
    return ()


def _listed(text: str) -> list[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(value, dict):
        value = _numbered({str(key): str(label) for key, label in value.items()}, "")
    return [str(label) for label in value] if isinstance(value, list) else []


def _numbered(texts: Mapping[str, str], before: str) -> list[str]:
    """The texts called ``<before>0``, ``<before>1`` and so on, as far as there are some."""
    found: list[str] = []
    while (text := texts.get(f"{before}{len(found)}")) is not None:
        found.append(text)
    return found
