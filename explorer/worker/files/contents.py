"""What every format hands back, and the one way in which each says that it will not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from explorer.ir import ByteRead, FileFormat, Sentence, Span
from explorer.words import tell

MOST_UNPACKED = 64 * 2**20
"""Bytes that the tensors of one file may take: a file of `MOST_FILE_BYTES` that says more was made to fill the memory."""


MOST_TEXTS = 30_000
"""Texts of one file that are kept: the names of classes, of which some collections have twenty thousand."""


class BadFileError(Exception):
    """A file that is not read, or tensors that a format does not hold: `sentence` says why and what to try."""

    def __init__(self, key: str, **values: object) -> None:
        self.sentence = Sentence(key=key, values={name: str(value)[:200] for name, value in values.items()})
        super().__init__(tell(self.sentence))


@dataclass
class Contents:
    """The tensors of one file, and what lies where in it."""

    format: FileFormat
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    """By name; of a file without names the only one is called "" (no name)."""
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """As the file has them, where only some rows were read."""
    spans: tuple[Span, ...] = ()
    reads: tuple[ByteRead, ...] = ()
    others: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    """Texts that stand beside the tensors, by the keys that lead to them; at most `MOST_TEXTS`."""


def check_room(nbytes: int, held: int) -> None:
    """Raise where tensors of `nbytes` bytes are more than a file of `held` bytes should ever unpack to."""
    if nbytes > MOST_UNPACKED:
        raise BadFileError("files.unpacked", nbytes=f"{nbytes:,}", held=f"{held:,}", mib=MOST_UNPACKED // 2**20)
