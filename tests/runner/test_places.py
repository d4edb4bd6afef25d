"""The bounded queue."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread

import pytest

from explorer.ir import RunRequest
from explorer.runner import Engine, Settings
from explorer.runner.job import Job
from explorer.runner.places import BusyError, Places, StoppedError
from tests.runner.waiting import until


def hold(places: Places, count: int, until_set: Event, job: Job | None = None) -> Thread:
    def work() -> None:
        with places.take(count, job or Job()):
            until_set.wait(20)

    thread = Thread(target=work)
    thread.start()
    return thread


def test_never_more_at_once_than_slots():
    places, lock = Places(slots=3, queue=100), Lock()
    now, most = 0, 0

    def work(count: int) -> None:
        nonlocal now, most
        with places.take(count, Job()):
            with lock:
                now += count
                most = max(most, now)
            with lock:
                now -= count

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, [1, 2, 3] * 40))
    assert (now, most <= 3) == (0, True)


def test_first_come_first_served_even_for_the_large():
    places, done = Places(slots=2, queue=10), []
    first = Event()
    holder = hold(places, 1, first)
    until(lambda: places._free == 1)

    def work(name: str, count: int) -> None:
        with places.take(count, Job()):
            done.append(name)

    large = Thread(target=work, args=("large", 2))
    large.start()
    until(lambda: len(places._waiting) == 1)
    small = Thread(target=work, args=("small", 1))
    small.start()
    until(lambda: len(places._waiting) == 2)
    first.set()
    for thread in (holder, large, small):
        thread.join(20)
    assert done == ["large", "small"]


def test_a_full_queue_is_busy_and_a_stopped_run_leaves_it():
    places, go = Places(slots=1, queue=1), Event()
    holder = hold(places, 1, go)
    until(lambda: places._free == 0)
    waiting, left = Job(), []

    def wait() -> None:
        with pytest.raises(StoppedError), places.take(1, waiting):
            pass
        left.append(True)

    thread = Thread(target=wait)
    thread.start()
    until(lambda: places._waiting)
    with pytest.raises(BusyError), places.take(1, Job()):
        pass
    waiting.stop("runner.replaced")
    thread.join(20)
    assert left
    go.set()
    holder.join(20)
    with places.take(1, Job()):
        pass


def test_the_engine_says_so(bare):
    engine = Engine(Settings(seconds=1, slots=1, queue=1), bare.zygote, bare.zygote)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(engine.run, RunRequest(code="while True: pass")) for _ in range(2)]
        until(lambda: engine._places["run"]._waiting)
        busy = engine.run(RunRequest(code="out = 1"))
        assert (busy.status, busy.sentence.key) == ("stopped", "runner.busy")
        assert [run.result().sentence.key for run in runs] == ["runner.time"] * 2
