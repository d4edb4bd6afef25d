"""Every way in which a run can end badly is one sentence, costs that run only, and leaves nothing behind."""

import os
import signal
import struct
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from explorer.ir import Edge, Graph, Run, RunRequest, encode
from explorer.words import tell
from tests.runner.waiting import until

FIND_WIRE = """
import fcntl, os
def is_open(number):
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True
wire = next(filter(is_open, range(3, 4096)))
"""
CRASH = "import torch\nx = torch.ones(3)\nx.untyped_storage().resize_(0)\nx.sum()"
ENDS = {
    "runner.time": "while True: pass",
    "runner.crash": CRASH,
    "runner.silent": "import os\nos._exit(0)",
    "runner.too_much": "out = 'x' * 2**20",
    "runner.fault": "raise SystemExit",
}


def ended(run: Run, key: str) -> bool:
    """It is stopped with the sentence `key`, told in full in both languages."""
    assert run.sentence is not None, run
    assert run.message == tell(run.sentence, "en")
    assert "{" not in tell(run.sentence, "ko")
    return run.status == "stopped" and run.sentence.key == key


@pytest.mark.parametrize("key", ENDS)
def test_the_end_has_its_sentence_and_the_next_run_works(bare, key):
    run = bare.run(ENDS[key])
    assert ended(run, key)
    assert bare.run("out = 6 * 7").stdout == "42"


def test_a_loop_that_swallows_the_soft_deadline_is_killed(bare):
    run = bare.run("while True:\n try:\n  for number in range(10**9): abs(number)\n except BaseException: pass")
    assert ended(run, "runner.time")
    until(lambda: not bare.children())


def message(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


CONTRADICTION = Run(status="ok", graph=Graph(edges=(Edge(source=0, slot=0, target=1, output_nr=0),)))


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\0",
        message(b"hello"),
        message(b"[" * 100_000),
        b"\0\0\1\0{}",
        b"\xff\xff\xff\xff",
        message(encode(CONTRADICTION)),
        message(b'{"status":"root"}'),
        b"\0\x10\0\0" + b" " * 2**20,
    ],
    ids=["half a length", "not JSON", "deep", "cut off", "4 GiB", "contradicts itself", "unknown status", "blanks"],
)
def test_an_answer_that_cannot_be_read(bare, sent):
    code = f"{FIND_WIRE}\nleft = {sent!r}\nwhile left:\n left = left[os.write(wire, left):]\nos._exit(0)"
    assert ended(bare.run(code), "runner.garbage")


def test_an_answer_cannot_speak_of_another_request(bare):
    lie = message(encode(Run(status="ok", code="something else", seed=7, stdout="lie")))
    request = RunRequest(code=f"{FIND_WIRE}\nos.write(wire, {lie!r})", seed=3)
    run = bare.engine.run(request)
    assert (run.code, run.seed, run.stdout) == (request.code, 3, "lie")


def test_the_parents_time_is_told(bare):
    run = bare.run("out = 1")
    assert run.timings["forward"] == 0.5
    assert 0 < run.timings["total"] < 10


def test_a_killed_child_costs_one_run(bare):
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(bare.run, "while True: pass")
        until(bare.at_work)
        os.kill(bare.at_work()[0], signal.SIGKILL)
        assert ended(lost.result(), "runner.killed")
    assert bare.run("out = 6 * 7").stdout == "42"


def test_a_killed_zygote_costs_the_runs_in_it(bare):
    before = bare.zygote.pid
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(bare.run, "while True: pass")
        until(bare.at_work)
        os.kill(before, signal.SIGKILL)
        assert ended(lost.result(), "runner.lost")
    assert bare.run("out = 6 * 7").stdout == "42"
    assert bare.zygote.pid != before


def test_workers_stand_back_so_that_pages_stay_quick(bare):
    assert os.getpriority(os.PRIO_PROCESS, bare.zygote.pid) > os.getpriority(os.PRIO_PROCESS, 0)


def test_many_threads_get_their_own_answers(bare):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(bare.run, [f"out = {number} ** 2" for number in range(48)]))
    assert [run.stdout for run in answers] == [str(number**2) for number in range(48)]


def test_a_newer_run_of_the_same_owner_replaces_the_older(bare):
    with ThreadPoolExecutor(2) as pool:
        older = pool.submit(bare.engine.run, RunRequest(code="while True: pass"), owner="me")
        other = pool.submit(bare.engine.run, RunRequest(code="while len(out) < 10**9: pass"), owner="somebody else")
        until(lambda: len(bare.at_work()) == 2)
        assert bare.engine.run(RunRequest(code="out = 1"), owner="me").stdout == "1"
        assert ended(older.result(), "runner.replaced")
        assert ended(other.result(), "runner.time")


def test_nothing_leaks_from_one_run_to_the_next(bare):
    look = "import torch\nout = (torch.get_default_dtype(), torch.rand(1).item(), torch.add(1, 1), torch.is_grad_enabled())"
    before = bare.run(look).stdout
    spoil = "torch.set_default_dtype(torch.float64)\ntorch.manual_seed(99)\ntorch.add = print\ntorch.set_grad_enabled(False)"
    assert bare.run(f"import torch\n{spoil}").status == "ok"
    assert bare.run(look).stdout == before


def test_fifty_runs_leave_neither_zombies_nor_descriptors(bare):
    bare.run("out = 1")
    until(lambda: not bare.children())
    ours, theirs = len(os.listdir("/proc/self/fd")), bare.descriptors()
    codes = ("out = 1", CRASH, "1 / 0", "import os\nos._exit(1)", f"{FIND_WIRE}\nos.write(wire, b'x')\nos._exit(0)")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(bare.run, codes * 10))
    until(lambda: not bare.children())
    until(lambda: bare.descriptors() <= theirs)
    assert len(os.listdir("/proc/self/fd")) <= ours


def test_close_ends_what_runs_and_the_engine_starts_again(bare):
    answers: list[Run] = []
    waiting = Thread(target=lambda: answers.append(bare.run("while True: pass")))
    waiting.start()
    until(bare.children)
    bare.engine.close()
    waiting.join()
    assert ended(answers[0], "runner.closed")
    assert bare.run("out = 6 * 7").stdout == "42"


def test_an_unknown_device_is_refused(bare):
    run = bare.engine.run(RunRequest(code="out = 1", device="cuda:7"))
    assert run.status == "refused"
    assert "cuda:7" in run.message
