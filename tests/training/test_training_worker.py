import pytest
import torch
from torch import nn

from explorer.ir import TrainingEnd, TrainingRequest, TrainingStart
from explorer.models import catalogue, find, find_dataset, trainable_models
from explorer.worker import facade, gate
from explorer.worker.limits import TimeLimit
from explorer.worker.train import train


def run(code, **settings):
    frames = []
    train(TrainingRequest(code=code, **({"steps": 5} | settings)), frames.append)
    assert isinstance(frames[-1], TrainingEnd)
    assert not any(isinstance(frame, TrainingEnd) for frame in frames[:-1])
    return frames


def points_of(frames):
    return [point for frame in frames[1:-1] for point in frame.points]


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_the_gate_takes_every_model_of_the_catalogue(model):
    gate.check(model.code())


def test_the_notes_model_from_the_catalogue_trains_as_plain_pytorch_does():
    frames = run(find("simple_model").code(), dataset="point", learning_rate=0.01, steps=10, seed=3)
    torch.manual_seed(3)
    model, x, y = nn.Linear(2, 1), torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0]])
    losses, optimizer = [], torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(10):
        loss = nn.functional.mse_loss(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert isinstance(frames[0], TrainingStart)
    assert [point.loss for point in points_of(frames)] == losses
    assert frames[-1] == TrainingEnd(status="ok")


@pytest.mark.parametrize("model", trainable_models(), ids=lambda model: model.name)
def test_models_of_the_page_pass_the_gate_and_train(model):
    frames = run(model.code(find_dataset("spiral")), dataset="spiral")
    assert frames[-1].status == "ok"
    assert len(points_of(frames)) == 5


def test_what_the_code_printed_comes_with_the_end():
    assert run("model = nn.Linear(2, 2)\nprint('made', model)")[-1].stdout.startswith("made Linear(")


@pytest.mark.parametrize(
    ("code", "status", "line", "piece"),
    [
        ("import os\nmodel = nn.Linear(2, 2)", "refused", 1, "os cannot be imported"),
        ("model = nn.Linear(2, 2", "refused", 1, ""),
        ("", "refused", None, ""),
        ("x = 1\nmodel = nn.Linaer(2, 2)", "error", 2, "Linear"),
        ("x = 1", "error", None, "builds no model"),
        ("net = nn.Linear(2, 2)", "error", None, "model = net"),
        ("model = nn.Linear(2, 5)", "error", None, "gives shape (32, 5)"),
        ("class M(nn.Module):\n    pass\nmodel = M", "error", None, "model = M()"),
        ("class M(nn.Linear):\n    def forward(self, x):\n        return 1 / 0\nmodel = M(2, 2)", "error", 3, "Zero"),
    ],
)
def test_what_cannot_be_trained_gets_one_sentence(code, status, line, piece):
    end = run(code)[-1]
    assert (end.status, end.line) == (status, line)
    assert piece in end.message
    assert "Traceback" not in end.message
    assert end.sentence is not None


def test_the_deadline_passes_after_the_points_so_far(monkeypatch):
    code = """
class M(nn.Linear):
    def forward(self, x):
        hit()
        return super().forward(x)
model = M(2, 2)
"""
    frames, calls, space = [], iter(range(99)), facade.namespace

    def hit():
        if next(calls) == 3:
            raise TimeLimit

    monkeypatch.setattr(facade, "namespace", lambda: {**space(), "hit": hit})
    with pytest.raises(TimeLimit):
        train(TrainingRequest(code=code), frames.append)
    assert [point.step for frame in frames[1:] for point in frame.points] == [1, 2, 3]
