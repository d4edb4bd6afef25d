"""A training run as a page holds it: points come in while it goes on, and stay when it dies."""

import os
import signal

import pytest

from explorer.ir import TrainingRequest
from tests.runner.waiting import until

ENDLESS = "while True: pass"


def test_points_and_end(bare):
    training = bare.engine.train(TrainingRequest(code="", steps=5))
    end = training.wait(20)
    assert end is not None
    assert end.status == "ok"
    assert training.parameters == ("weight",)
    assert training.parameter_count == 2
    assert [point.loss for point in training.points] == [1 / step for step in range(1, 6)]


def test_points_come_before_the_end_and_stay_after_a_stop(bare):
    training = bare.engine.train(TrainingRequest(code=ENDLESS, steps=5))
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
    training = bare.engine.train(TrainingRequest(code=ENDLESS, steps=3))
    until(lambda: len(training.points) == 3)
    os.kill(bare.children()[0], signal.SIGKILL)
    assert training.wait(20).sentence.key == "runner.killed"
    assert len(training.points) == 3


def test_a_newer_training_of_the_same_owner_replaces_the_older(bare):
    older = bare.engine.train(TrainingRequest(code=ENDLESS, steps=1), owner="me")
    until(lambda: older.points)
    newer = bare.engine.train(TrainingRequest(code="", steps=1), owner="me")
    assert older.wait(20).sentence.key == "runner.replaced"
    assert newer.wait(20).status == "ok"


def test_a_training_has_an_end(bare):
    assert bare.engine.train(TrainingRequest(code=ENDLESS, steps=1)).wait(20).sentence.key == "runner.time"


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
    training = bare.engine.train(TrainingRequest(code=code, steps=2))
    assert training.wait(20).sentence.key == key
    assert len(training.points) == 2


def test_an_unknown_device_is_refused(bare):
    end = bare.engine.train(TrainingRequest(code="", device="cuda:7")).wait(20)
    assert (end.status, end.sentence.key) == ("refused", "runner.device")
