"""A step of a training, recorded: the same numbers as in the training, and the optimizer's own arithmetic."""

import math

import pytest

from explorer.ir import DataRequest, RunRequest, TrainingStep, decode_run, encode
from explorer.models import Recipe, find_dataset, trainable_models
from explorer.worker.session import execute
from tests.training.test_watch import Ran, program


def record(code, step, dataset="moons", **more):
    data = DataRequest(dataset=dataset, **more)
    return decode_run(encode(execute(RunRequest(code=code, seed=3, step=TrainingStep(step=step, data=data)))))


@pytest.mark.parametrize("step", [1, 2, 9])
def test_the_recorded_step_is_that_of_the_training(step):
    code = program(epochs=2, optimizer="Adam", learning_rate=0.01)
    ran, run = Ran(code, seed=3), record(code, step)
    assert (run.status, run.message) == ("ok", None)
    point = ran.points[step - 1]
    assert run.graph.roots[0].value == point.loss
    leaves = {tensor.name: tensor for tensor in run.tensors if tensor.origin == "parameter"}
    norms = [leaves[f"model.{name}"].grad_stats.norm for name in ran.start.parameters]
    assert norms == pytest.approx(list(point.layer_norms), rel=1e-6)
    assert run.verification.status == "verified"
    assert {op.name for op in run.ops} >= {"linear", "tanh", "cross_entropy"}
    lines = {op.line for op in run.ops if op.name == "tanh"}
    assert lines == {19, 20}


@pytest.mark.parametrize(
    "recipe",
    [
        {"optimizer": "SGD", "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"optimizer": "SGD"},
        {"optimizer": "Adam", "weight_decay": 0.1},
        {"optimizer": "AdamW", "weight_decay": 0.1},
        {"optimizer": "RMSprop", "momentum": 0.5},
        {"optimizer": "Adagrad"},
    ],
    ids=lambda recipe: "-".join(map(str, recipe.values())),
)
def test_the_update_follows_the_optimizers_formula(recipe):
    """Worked out element by element from the gradient and the state before, as the papers write it."""
    update = record(program(epochs=2, learning_rate=0.02, **recipe), 5).update
    assert update.optimizer == recipe["optimizer"]
    one = update.parameters[0]
    assert (one.name, one.shape) == ("fc1.weight", (16, 2))
    for at, (before, gradient, after) in enumerate(zip(one.before, one.gradient, one.after, strict=True)):
        state = {key: values[min(at, len(values) - 1)] for key, values in one.state_before.items()}
        assert after == pytest.approx(stepped(update, before, gradient, state), rel=1e-4, abs=1e-7)


def stepped(update, before, gradient, state):
    kept = update.settings
    rate = kept["lr"]
    decay = kept.get("weight_decay", 0.0)
    match update.optimizer:
        case "SGD":
            gradient += decay * before
            if kept["momentum"]:
                momentum = kept["momentum"] * state["momentum_buffer"] + gradient
                gradient = gradient + kept["momentum"] * momentum if kept["nesterov"] else momentum
            return before - rate * gradient
        case "Adam" | "AdamW":
            if update.optimizer == "AdamW":
                before -= rate * decay * before
            else:
                gradient += decay * before
            first = kept["beta1"] * state["exp_avg"] + (1 - kept["beta1"]) * gradient
            second = kept["beta2"] * state["exp_avg_sq"] + (1 - kept["beta2"]) * gradient**2
            step = state["step"] + 1
            first /= 1 - kept["beta1"] ** step
            second /= 1 - kept["beta2"] ** step
            return before - rate * first / (math.sqrt(second) + kept["eps"])
        case "RMSprop":
            square = kept["alpha"] * state["square_avg"] + (1 - kept["alpha"]) * gradient**2
            moved = kept["momentum"] * state["momentum_buffer"] + gradient / (math.sqrt(square) + kept["eps"])
            return before - rate * moved
        case "Adagrad":
            total = state["sum"] + gradient**2
            return before - rate * gradient / (math.sqrt(total) + kept["eps"])


def test_a_step_that_is_not_there_gets_a_sentence():
    code = program(epochs=1)
    assert "ends after 7 steps" in record(code, 8).message
    assert "the first step is 1" in record(code, 0).message
    assert record("import os", 1).status == "refused"
    assert "no column z" in record(code, 1, "table", table="a,b\n1,2\n3,4\n", target="z").message


def test_lbfgs_and_a_convolution_can_be_looked_at():
    code = trainable_models()[3].program(find_dataset("digits"), Recipe(optimizer="LBFGS", batch_size=64, epochs=1))
    run = record(code, 2, "digits")
    assert (run.status, run.message) == ("ok", None)
    assert len(run.backwards) > 1
    assert run.update.optimizer == "LBFGS"
