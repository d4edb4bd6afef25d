"""One engine with bare workers for all tests here: typed code is plain Python without gate, so that only the kernel's walls are met."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from explorer.ir import Run, RunRequest
from explorer.runner import Engine, shared_engine
from explorer.runner.forked import ZygoteHost
from explorer.runner.fresh import FreshHost
from tests.runner.bare import ONESHOT, SETTINGS, ZYGOTE
from tests.runner.waiting import until


def _status(process: int) -> str:
    try:
        return Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has ended meanwhile
        return ""


@dataclass
class Bare:
    """An engine, its zygote, and the shortest way to run."""

    engine: Engine
    zygote: ZygoteHost

    def run(self, code: str) -> Run:
        return self.engine.run(RunRequest(code=code))

    def children(self) -> list[int]:
        """Process ids of the zygote's children, the dead that are not reaped included."""
        pid = self.zygote.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def at_work(self) -> list[int]:
        """Those of them that have their walls up, and so belong to a run: before, the engine may still take another worker."""
        return [child for child in self.children() if "Seccomp:\t2" in _status(child)]

    def rest(self) -> None:
        """Wait until the children of earlier runs have gone."""
        until(lambda: not self.children())

    def descriptors(self) -> int:
        """Open descriptors of the zygote."""
        return len(os.listdir(f"/proc/{self.zygote.pid}/fd"))


@pytest.fixture(scope="session")
def workers() -> Iterator[Bare]:
    if sys.platform != "linux":
        pytest.skip("forked workers need Linux")
    zygote = ZygoteHost(ZYGOTE)
    engine = Engine(SETTINGS, zygote, FreshHost(ONESHOT))
    engine.start()
    yield Bare(engine, zygote)
    engine.close()


@pytest.fixture
def bare(workers: Bare) -> Bare:
    """The engine with bare workers, at rest."""
    if workers.zygote.pid is None:
        workers.engine.start()
    workers.rest()
    return workers


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The product's own engine: with gate, facade, capture and files behind the walls."""
    if sys.platform != "linux":
        pytest.skip("forked workers need Linux")
    return shared_engine()
