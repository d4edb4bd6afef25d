"""A training run as a page holds it: points come in while it goes on, and stay when it dies."""

import os
import signal
from itertools import permutations
from threading import Event

import pytest

from explorer.ir import TrainingRequest, TrainingStart
from explorer.runner import Training
from explorer.runner.job import Clock, Job
from tests.runner.waiting import until

ENDLESS = "while True: pass"


def test_points_and_end(bare):
    training = bare.engine.train(TrainingRequest(code="", seed=5))
    end = training.wait(20)
    assert end is not None
    assert end.status == "ok"
    assert training.start == TrainingStart(parameters=("weight",), parameter_count=2)
    assert [point.loss for point in training.points] == [1 / step for step in range(1, 6)]


def test_points_come_before_the_end_and_stay_after_a_stop(bare):
    training = bare.engine.train(TrainingRequest(code=ENDLESS, seed=5))
    until(lambda: len(training.points) == 5)
    assert training.end is None
    training.stop()
    end = training.wait(20)
    assert end is not None
    assert (end.status, end.sentence.key) == ("stopped", "runner.stopped")
    assert len(training.points) == 5
    training.stop()  # once more changes nothing
    assert training.end == end


def test_points_stay_when_the_child_is_killed(bare):
    training = bare.engine.train(TrainingRequest(code=ENDLESS, seed=3))
    until(lambda: len(training.points) == 3)
    os.kill(bare.children()[0], signal.SIGKILL)
    assert training.wait(20).sentence.key == "runner.killed"
    assert len(training.points) == 3


def test_a_newer_training_of_the_same_owner_replaces_the_older(bare):
    older = bare.engine.train(TrainingRequest(code=ENDLESS, seed=1), owner="me")
    until(lambda: older.points)
    newer = bare.engine.train(TrainingRequest(code="", seed=1), owner="me")
    assert older.wait(20).sentence.key == "runner.replaced"
    assert newer.wait(20).status == "ok"


def test_a_training_has_an_end(bare):
    assert (
        bare.engine.train(TrainingRequest(code=ENDLESS, seed=1)).wait(20).sentence.key == "runner.time.training.local"
    )


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (
            "from explorer.ir import TrainingStart\nemit(TrainingStart(parameters=(), parameter_count=0))",
            "runner.garbage",
        ),
        ("import os\nos._exit(0)", "runner.silent"),
        ("import torch\nx = torch.ones(3)\nx.untyped_storage().resize_(0)\nx.sum()", "runner.crash"),
        ("from explorer.ir import Run\nwhile True: emit(Run(status='ok'))", "runner.garbage"),
    ],
    ids=["two starts", "no end", "crash", "not a frame"],
)
def test_bad_ends(bare, code, key):
    training = bare.engine.train(TrainingRequest(code=code, seed=2))
    assert training.wait(20).sentence.key == key
    assert len(training.points) == 2


def test_an_unknown_device_is_refused(bare):
    end = bare.engine.train(TrainingRequest(code="", device="cuda:7")).wait(20)
    assert (end.status, end.sentence.key) == ("refused", "runner.device")


STEERED = """
while True:
    told = steering.heard()
    if told is not None:
        emit(point({"pause": 20, "step": 10, "resume": 30}[told.command]))
    if told is not None and told.command == "resume":
        break
"""


def test_a_run_can_be_paused_stepped_and_resumed(bare):
    training = bare.engine.train(TrainingRequest(code=STEERED))
    until(lambda: training.start is not None)
    training.pause()
    until(lambda: len(training.points) == 1)
    assert training.paused
    training.step()
    until(lambda: len(training.points) == 2)
    training.resume()
    assert training.wait(20).status == "ok"
    assert [point.step for point in training.points] == [20, 10, 30]
    assert not training.paused
    training.pause()  # after the end it changes nothing
    assert not training.paused


def test_go_on_and_one_step_within_one_rerun_go_on_in_either_order():
    """A page may hear of two clicks at once, and then calls back in any order."""
    for told in permutations(["step", "resume"]):
        training = Training(Job())
        training.pause()
        for command in told:
            getattr(training, command)()
        assert not training.paused


def test_a_pause_does_not_count_as_time_of_the_run(bare):
    """A run whose clock would ring while it is paused goes on afterwards."""
    rang = Event()
    clock = Clock(0.2, rang.set)
    clock.go_on()
    clock.stand_still()
    assert not rang.wait(0.4)
    clock.go_on()
    assert rang.wait(20)
    late = Event()
    clock.stand_still(0.01, late.set)
    assert late.wait(20)
