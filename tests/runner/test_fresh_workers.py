"""Workers that are processes of their own, as CUDA, macOS and Windows use them; here on the CPU."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from explorer.ir import RunRequest
from explorer.runner import Engine, EngineError
from explorer.runner.fresh import FreshHost
from tests.runner.bare import ONESHOT, SETTINGS


@pytest.fixture(scope="module")
def fresh() -> Iterator[Engine]:
    host = FreshHost(ONESHOT)
    engine = Engine(SETTINGS, host, host)
    yield engine
    engine.close()


def run(engine: Engine, code: str):
    return engine.run(RunRequest(code=code))


def test_each_run_has_a_process_of_its_own(fresh):
    first, second = (run(fresh, "import os\nout = os.getpid()").stdout for _ in range(2))
    assert first != second
    if sys.platform == "linux":
        assert run(fresh, "bytearray(10**11)").message.startswith("MemoryError")
    assert fresh.wall.level == "none"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("for number in iter(int, 1): abs(number)", "runner.time"),
        ("import torch\nx = torch.ones(3)\nx.untyped_storage().resize_(0)\nx.sum()", "runner.crash"),
        ("import os\nos.write(next(n for n in range(3, 64) if os.path.exists(f'/proc/self/fd/{n}') and os.readlink(f'/proc/self/fd/{n}').startswith('pipe') and os.get_blocking(n) and __import__('fcntl').fcntl(n, 3) & 1), b'x')\nos._exit(0)", "runner.garbage"),
    ],
    ids=["endless", "crash", "garbage"],
)  # fmt: skip
def test_bad_ends(fresh, code, key):
    assert run(fresh, code).sentence.key == key


def test_a_spare_that_was_killed_is_replaced(fresh):
    fresh.start()
    spare = fresh._cpu._spare
    os.kill(spare.pid, signal.SIGKILL)
    spare._process.wait()
    assert run(fresh, "out = 6 * 7").stdout == "42"


def test_a_worker_that_does_not_start_is_told_in_one_sentence():
    engine = Engine(SETTINGS, FreshHost((sys.executable, "-c", "pass")), FreshHost())
    with pytest.raises(EngineError, match=r"does not start .*Check that torch"):
        run(engine, "out = 1")
    engine.close()
