"""Frames in a stream: what is written is read, and nothing over the cap, whatever the pieces."""

import os
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ir import FrameError, read_frame, write_frame


def stream(content: bytes) -> int:
    """A descriptor to read `content` from."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_is_written_is_read(messages):
    reader, writer = os.pipe()
    for message in messages:
        write_frame(writer, message)
    os.close(writer)
    assert [read_frame(reader, 300) for _ in messages] == messages
    assert read_frame(reader, 300) is None
    os.close(reader)


def test_a_long_message_comes_in_pieces():
    reader, writer = os.pipe()
    message = os.urandom(5 * 2**20)
    Thread(target=write_frame, args=(writer, message), daemon=True).start()
    assert read_frame(reader, len(message)) == message
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("content", [b"\0", b"\0\0\0\2x", b"\0\0\0\1", b"\0\0\1\1" + bytes(257), b"\xff\xff\xff\xff"])
def test_a_broken_or_long_frame_is_refused(content):
    reader = stream(content)
    with pytest.raises(FrameError):
        read_frame(reader, 256)
    os.close(reader)
