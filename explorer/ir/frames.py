"""How messages lie in a stream: four bytes of length, big-endian, then that many bytes of JSON.

Plain reads and writes on a descriptor, so that the same few lines serve sockets and pipes, and a jailed worker needs no
system call of its own for them. A frame longer than the reader's cap is not read.
"""

from __future__ import annotations

import os
import struct

_LENGTH = struct.Struct(">I")
_CHUNK = 2**20


class FrameError(ValueError):
    """A stream that ended inside a frame, or announced one over the cap."""


def write_frame(descriptor: int, message: bytes) -> None:
    """Write one frame, however many writes it takes.

    Raises:
        OSError: the other end is gone.
        FrameError: `message` has more bytes than a length can say.
    """
    if len(message) >= 2**32:
        raise FrameError(f"a message of {len(message)} bytes cannot be framed")
    left = memoryview(_LENGTH.pack(len(message)) + message)
    while left:
        left = left[os.write(descriptor, left[:_CHUNK]) :]


def read_frame(descriptor: int, cap: int) -> bytes | None:
    """Read one frame of at most `cap` bytes; None where the stream ends before one begins.

    Raises:
        FrameError: it ends in the middle, or is longer than `cap`.
        OSError: the other end was reset.
    """
    head = _read(descriptor, _LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise FrameError("the stream ended inside a length")
    (length,) = _LENGTH.unpack(head)
    if length > cap:
        raise FrameError(f"a message of {length} bytes is over the limit of {cap}")
    message = _read(descriptor, length)
    if len(message) < length:
        raise FrameError(f"the stream ended after {len(message)} of {length} bytes")
    return bytes(message)


def _read(descriptor: int, count: int) -> bytearray:
    """Up to `count` bytes, fewer only where the stream ends. Grows with what arrives, not with what was announced."""
    got = bytearray()
    while len(got) < count:
        piece = os.read(descriptor, min(_CHUNK, count - len(got)))
        if not piece:
            break
        got += piece
    return got
