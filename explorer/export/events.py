"""Scalars as TensorBoard's records, many at once: all records of one length are made as rows of one array, as a million one by one take minutes.

A record is its length, a checksum of that, a protobuf message `Event` and a checksum of it. The message holds wall time, step, and a `Summary`
with a name and a float32 for each scalar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_ROWS = 50_000
"""Records made at once."""

_POLYNOMIAL = 0x82F63B78
"""Of CRC-32C, bits reversed."""


def scalars(
    tags: Sequence[str], steps: NDArray[np.int64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> Iterator[bytes]:
    """Records of one event a step, in order of steps' lengths as varints.

    Args:
        tags: names of the scalars.
        steps: one a row of `values`, not negative.
        times: wall seconds of each.
        values: a column a tag; written as float32.
    """
    lengths = np.maximum(1, -(-np.array([int(step).bit_length() for step in steps]) // 7))
    for length in np.unique(lengths):
        those = np.flatnonzero(lengths == length)
        for begin in range(0, len(those), _ROWS):
            part = those[begin : begin + _ROWS]
            yield _records(tags, int(length), steps[part], times[part], values[part])


def _records(
    tags: Sequence[str], length: int, steps: NDArray[np.int64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> bytes:
    """Rows of one length: a pattern with holes, filled."""
    pieces = [_one(tag) for tag in tags]
    summary = b"".join(pieces)
    front = b"\x09" + bytes(8) + b"\x10" + bytes(length) + b"\x2a" + _varint(len(summary))
    rows = np.tile(np.frombuffer(front + summary, np.uint8), (len(steps), 1))
    rows[:, 1:9] = times.astype("<f8").view(np.uint8).reshape(-1, 8)
    for at in range(length):
        rows[:, 10 + at] = (steps >> 7 * at & 127) | (128 if at < length - 1 else 0)
    floats = values.astype("<f4").view(np.uint8).reshape(len(steps), len(tags), 4)
    end = len(front)
    for at, piece in enumerate(pieces):
        end += len(piece)
        rows[:, end - 4 : end] = floats[:, at]
    size = np.tile(np.array([rows.shape[1]], "<u8").view(np.uint8), (len(steps), 1))
    return np.concatenate([size, _checksums(size), rows, _checksums(rows)], axis=1).tobytes()


def _one(tag: str) -> bytes:
    """A `Summary.Value` whose last four bytes are the number."""
    name = tag.encode()
    value = b"\x0a" + _varint(len(name)) + name + b"\x15" + bytes(4)
    return b"\x0a" + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _table() -> NDArray[np.uint32]:
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = np.where(crc & 1, crc >> 1 ^ np.uint32(_POLYNOMIAL), crc >> 1)
    return crc


_TABLE = _table()


def _checksums(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The masked CRC-32C of each row."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in rows.T:
        crc = _TABLE[(crc ^ column) & 255] ^ crc >> 8
    crc = ~crc
    masked = (crc >> 15 | crc << 17) + np.uint32(0xA282EAD8)
    return masked.astype("<u4").view(np.uint8).reshape(-1, 4)
