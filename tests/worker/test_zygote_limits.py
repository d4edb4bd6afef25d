"""The soft deadline."""

import signal
from time import monotonic

import pytest

from explorer.worker.limits import TimeLimit, held_back, soft_deadline

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")


def spin(seconds: float) -> None:
    end = monotonic() + seconds
    while monotonic() < end:
        pass


def swallow(seconds: float) -> None:
    with soft_deadline(seconds):
        try:
            spin(10)
        except Exception:
            pytest.fail("swallowed")


def test_it_raises_once_its_time_is_up_and_except_exception_does_not_stop_it():
    began = monotonic()
    with pytest.raises(TimeLimit):
        swallow(0.02)
    assert 0.02 <= monotonic() - began < 10


def test_a_block_that_ends_before_is_left_alone_and_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGALRM)
    with soft_deadline(0.02):
        pass
    spin(0.04)
    assert signal.getsignal(signal.SIGALRM) is before


def test_it_waits_until_a_message_is_whole():
    written = []

    def write() -> None:
        with soft_deadline(60):
            with held_back():
                signal.raise_signal(signal.SIGALRM)  # the time is up now
                written.append("whole")
            pytest.fail("the deadline was lost")

    with pytest.raises(TimeLimit):
        write()
    assert written == ["whole"]
