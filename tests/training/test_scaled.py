"""Mixed precision with a GradScaler, on the CPU, which has one too: what is told is what the code would see without a scale."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from explorer.app.learned import doubts
from explorer.ir import TrainingEnd, TrainingPoints, TrainingRequest, TrainingRun, TrainingSnapshot, TrainingStart
from explorer.models import Recipe, find_dataset, trainable_models
from explorer.training import load
from explorer.training.scaled import told_of_skips, unscaled
from explorer.training.undisturbed import undisturbed
from explorer.worker.train import train

MLP = next(one for one in trainable_models() if one.name == "mlp")
OVERFLOWS = "init_scale=2.0**127, growth_interval=10**6"
"""With a loss that is 64 times as large."""


def program(arguments="", clip=0.0, **recipe):
    """A recipe's text with a scaler in it, as PyTorch's documentation writes it; 7 steps an epoch."""
    code = MLP.program(find_dataset("moons"), Recipe(**{"epochs": 2, **recipe}))
    if arguments.startswith("init_scale"):
        code = code.replace("loss_fn(model(x), y)", "64 * loss_fn(model(x), y)")
    for old, new in (
        ("loss_fn = ", f"scaler = torch.amp.GradScaler('cpu', {arguments})\nloss_fn = "),
        ("loss.backward()", "scaler.scale(loss).backward()"),
        (
            "optimizer.step()",
            (
                "scaler.unscale_(optimizer)\n        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)\n        "
                if clip
                else ""
            )
            + "scaler.step(optimizer)\n        scaler.update()",
        ),
    ):
        assert old in code
        code = code.replace(old, new)
    return code


def ran(code):
    """Start, points, snapshots and end."""
    frames = []
    train(TrainingRequest(code=code, seed=7), frames.append)
    start = next(frame for frame in frames if isinstance(frame, TrainingStart))
    points = [point for frame in frames if isinstance(frame, TrainingPoints) for point in frame.points]
    snapshots = [frame for frame in frames if isinstance(frame, TrainingSnapshot)]
    assert isinstance(frames[-1], TrainingEnd)
    return start, points, snapshots, frames[-1]


def plainly(code):
    """The losses and the gradients' norms of the steps that changed the parameters, and how many did not: by plain PyTorch."""
    told = {"losses": [], "norms": [], "skipped": 0}

    def look(loss, model, before):
        if all(torch.equal(one, old) for one, old in zip(model.parameters(), before, strict=True)):
            told["skipped"] += 1
            return
        told["losses"].append(loss.item())
        told["norms"].append(torch.cat([one.grad.flatten() for one in model.parameters()]).norm().item())

    code = code.replace("scaler.step(", "before = [one.clone() for one in model.parameters()]; scaler.step(").replace(
        "scaler.update()", "look(loss, model, before); scaler.update()"
    )
    names = load(TrainingRequest(code="").data, 7).names() | {"look": look}
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    exec(code, names)
    return told


@pytest.mark.parametrize("arguments", ["", "enabled=False", OVERFLOWS])
@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("recipe", [{}, {"autocast": True}, {"optimizer": "Adam"}, {"clip": 0.1}], ids=str)
def test_losses_norms_and_steps_are_those_of_plain_pytorch(arguments, fused, recipe):
    code = program(arguments, **recipe)
    if fused:
        code = code.replace("lr=0.1", "lr=0.1, fused=True")
    plain = plainly(code)
    _, points, snapshots, end = ran(code)
    assert (end.status, end.message) == ("ok", None)
    assert [point.loss for point in points] == plain["losses"]
    assert [point.gradient_norm for point in points] == pytest.approx(plain["norms"], rel=1e-5)
    assert snapshots[-1].skipped == plain["skipped"] == 14 - len(points)
    assert (plain["skipped"] > 0) == (arguments == OVERFLOWS)


def test_what_was_left_out_is_told_at_the_end():
    start, points, snapshots, end = ran(program(OVERFLOWS))
    run = TrainingRun(request=TrainingRequest(code=""), start=start, points=points, snapshots=tuple(snapshots), end=end)
    texts = [remark.text for remark in doubts(run, "en")]
    assert f"GradScaler left out {snapshots[-1].skipped} more steps" in "".join(texts)
    _, points, snapshots, _ = ran(program())
    assert snapshots[-1].skipped == 0


def test_a_run_whose_every_step_is_left_out_says_so():
    _, points, _, end = ran(program("init_scale=2.0**127, backoff_factor=0.9999"))
    assert (points, end.sentence.key) == ([], "training.all_skipped")
    assert "all 14 steps" in end.message


def test_a_loss_that_is_nan_itself_is_still_told_with_its_line():
    code = program().replace("loss_fn(model(x), y)", "loss_fn(model(x), y) + torch.log(x.sum() * 0) * 0")
    _, _, _, end = ran(code)
    assert end.sentence.key == "training.not_finite.logarithm"
    assert "The loss became NaN at step 1" in end.message


def test_afterwards_the_scaler_is_as_it_was():
    scale, step = torch.amp.GradScaler.scale, torch.amp.GradScaler.step
    with unscaled() as loss_of, told_of_skips(pytest.fail):
        scaler, loss = torch.amp.GradScaler("cpu"), torch.ones((), requires_grad=True)
        scaled = scaler.scale(loss)
        assert loss_of(scaled) is loss
        assert loss_of(scaled) is scaled  # it is asked once, and then held no longer
        assert scaler.scale([loss])[0] == scaled
    assert (torch.amp.GradScaler.scale, torch.amp.GradScaler.step) == (scale, step)


def test_what_is_drawn_on_cuda_leaves_no_trace_either(monkeypatch):
    """As far as that can be seen without one."""
    states = ["before"]
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", states.copy)
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", lambda told: states.__setitem__(slice(None), told))
    with undisturbed(nn.Linear(1, 1)):
        states[:] = ["drawn"]
    assert states == ["before"]
