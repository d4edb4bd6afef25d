"""A loss or a gradient that is no longer finite: step, line, call and what to try, found by running the step again."""

from itertools import count

import pytest

from explorer.ir import TrainingEnd, TrainingNotice, TrainingPoints, TrainingRequest
from explorer.models import Recipe, find_dataset, trainable_models
from explorer.training import remedies
from explorer.training.single import SingleStep
from explorer.words import catalogue, tell
from explorer.worker import facade
from explorer.worker.limits import TimeLimit
from explorer.worker.train import train

LOSS = "loss_fn(model(x), y)"


def program(old="", new="", model="mlp", dataset="moons", **recipe):
    """A recipe's text with one piece of it changed; 7 steps an epoch."""
    model = next(one for one in trainable_models() if one.name == model)
    code = model.program(find_dataset(dataset), Recipe(**{"epochs": 3, **recipe}))
    assert old in code
    return code.replace(old, new)


def ran(code, **settings):
    """The steps that were taken, and the end; the text of the line that it names."""
    frames = []
    train(TrainingRequest(code=code, **settings), frames.append)
    steps = [point.step for frame in frames if isinstance(frame, TrainingPoints) for point in frame.points]
    end = frames[-1]
    assert isinstance(end, TrainingEnd)
    return steps, end, code.splitlines()[end.line - 1].strip() if end.line else ""


@pytest.mark.parametrize(
    ("old", "new", "kind", "piece"),
    [
        (LOSS, "torch.log(model(x).sum() * 0)", "logarithm", "at log: given numbers from 0 to 0, it gave -inf"),
        (LOSS, "model(x).sum() * 0 / (x.sum() * 0)", "quotient", "at div: with divisors from 0 to 0, it gave NaN"),
        (LOSS, f"{LOSS} / (y.sum() * 0.0).square()", "quotient", "with divisors from 0 to 0, it gave inf"),
        (LOSS, "(model(x) * 0 - 4).sqrt().mean()", "root", "at sqrt: given numbers from -4 to -4"),
        (LOSS, "torch.exp(model(x) * 0 + 1e3).mean()", "growth", "at exp: given numbers from 1000 to 1000"),
        (LOSS, "torch.acos(model(x) * 0 + 2).mean()", "domain", "at acos: given numbers from 2 to 2"),
        (LOSS, f"{LOSS} * float('nan')", "constant", "at mul, where a number"),
        (LOSS, f"loss_fn(model(x).masked_fill(y[:, None] > -1, -math.inf), y) + {LOSS}", "constant", "masked_fill"),
        (LOSS, "loss_fn(model(x)[:0], y[:0])", "nothing", "at cross_entropy (loss_fn)"),
        (LOSS, "loss_fn(model(x).div_(x.sum() * 0), y)", "quotient", "at div_"),
        ("x = torch.tanh(self.fc2(x))", "x = torch.log(self.fc2(x) - 100)", "logarithm", "at log (model): given"),
        ("loss_fn = ", "x_train.numpy()[:, 1] = np.nan\nloss_fn = ", "given", "x_train[0, 1] is NaN already"),
    ],
)
def test_a_loss_that_is_not_finite_is_told_with_line_call_and_what_to_try(old, new, kind, piece):
    steps, end, line = ran(program(old, new))
    assert (steps, end.status, end.sentence.key) == ([], "error", f"training.not_finite.{kind}"), end.message
    assert piece in end.message
    assert "step 1" in end.message
    assert kind == "given" or new in line


def test_it_is_the_step_in_which_it_began_that_is_looked_at():
    """The same losses as before, until the divisor becomes 0 in the second epoch."""
    steps, end, line = ran(program(LOSS, f"{LOSS} / (1 - torch.tensor(epoch))"))
    assert (len(steps), end.sentence.values["step"]) == (7, "8")
    assert line == f"loss = {LOSS} / (1 - torch.tensor(epoch))"


def test_a_mask_of_infinities_that_softmax_takes_away_is_not_the_beginning():
    masked = "model(x).masked_fill(torch.tensor([[True, False]]), -math.inf).softmax(1).sum()"
    _, end, line = ran(
        program(f"        loss = {LOSS}", f"        kept = {masked}\n        loss = kept * torch.log(kept * 0)")
    )
    assert end.sentence.values["place"] == "log"
    assert line == "loss = kept * torch.log(kept * 0)"


@pytest.mark.parametrize(
    ("new", "kind", "node"),
    [
        (f"{LOSS} + (model(x) * 0).sqrt().sum()", "root", "SqrtBackward0 of sqrt"),
        (f"{LOSS} + ((model(x) * 0) ** 0.5).sum()", "root", "PowBackward0 of pow"),
        (f"{LOSS} + torch.acos(model(x) * 0 + 1).sum()", "domain", "AcosBackward0 of acos"),
        (f"{LOSS} + torch.log(model(x).sum() * 0).relu()", "quotient", "LogBackward0 of log"),
        (f"{LOSS} + (model(x) * 0 * 1e25 * 1e25).sum()", "growth", "MulBackward0 of mul: given gradients from 1e+25"),
    ],
)
def test_a_gradient_that_is_not_finite_is_told_with_its_grad_fn_and_the_line_of_its_forward(new, kind, node):
    steps, end, line = ran(program(LOSS, new))
    assert (steps, end.sentence.key) == ([1], f"training.not_finite.gradient.{kind}"), end.message
    assert "The loss of step 1 is finite, but the gradient of fc1.weight is not" in end.message
    assert node in end.message
    assert line == f"loss = {new}"


def test_lbfgs_asks_for_the_loss_several_times_a_step():
    _, end, line = ran(program(LOSS, f"{LOSS} + (model(x) * 0).sqrt().sum()", optimizer="LBFGS"))
    assert end.sentence.key == "training.not_finite.gradient.root"
    assert "sqrt" in line


def test_weights_that_the_update_or_the_code_itself_made_infinite():
    steps, end, _ = ran(program("optimizer.step()", "optimizer.step()\n        model.head.bias.data.fill_(math.inf)"))
    assert (steps, end.sentence.key) == ([1], "training.not_finite.weights")
    assert "the update of step 1 made head.bias infinite" in end.message
    _, end, _ = ran(program("loss_fn = ", "nn.init.constant_(model.fc1.weight, math.inf)\nloss_fn = "))
    assert "fc1.weight held a number that is not finite before the first step" in end.message


def test_a_gradient_that_the_code_changes_after_backward():
    changed = "loss.backward()\n        model.fc1.weight.grad.fill_(math.nan)"
    steps, end, _ = ran(program("loss.backward()", changed))
    assert (steps, end.sentence.key) == ([1], "training.not_finite.gradient")
    assert "between backward() and step()" in end.message


def test_infinite_gradients_that_do_no_harm_stop_nothing():
    """Rprop takes but their signs."""
    code = program("torch.optim.SGD", "torch.optim.Rprop").replace(
        LOSS, f"{LOSS} + (model(x) * 0).sqrt().sum() * x[0, 0]"
    )
    code = code.replace(
        "loss.backward()",
        "loss.backward()\n        [one.grad.nan_to_num_(nan=1.0, posinf=math.inf) for one in model.parameters()]",
    )
    steps, end, _ = ran(code)
    assert end.status == "ok"
    assert len(steps) == 21


@pytest.mark.parametrize(
    ("old", "new", "steps", "said"),
    [
        (LOSS, f"{LOSS} / (1 - torch.tensor(epoch))", 7, "The loss became inf at step 8. The run is repeated"),
        (LOSS, f"{LOSS} + (model(x) * 0).sqrt().sum()", 1, "The gradient of fc1.weight is not finite at step 1."),
    ],
)
def test_a_notice_is_told_after_all_points_and_before_the_step_is_run_again(monkeypatch, old, new, steps, said):
    events = []

    def single(step, recording):
        events.append("again")
        return SingleStep(step, recording)

    monkeypatch.setattr("explorer.worker.train.SingleStep", single)
    train(TrainingRequest(code=program(old, new)), events.append)
    *before, notice, again, end = events
    assert isinstance(notice, TrainingNotice)
    assert tell(notice.sentence).startswith(said)
    assert (again, end.status) == ("again", "error")
    assert sum(len(frame.points) for frame in before if isinstance(frame, TrainingPoints)) == steps


def test_no_notice_where_the_weights_alone_tell():
    frames = []
    code = program("optimizer.step()", "optimizer.step()\n        model.head.bias.data.fill_(math.inf)")
    train(TrainingRequest(code=code), frames.append)
    assert not any(isinstance(frame, TrainingNotice) for frame in frames)


@pytest.mark.parametrize("error", [ArithmeticError, TimeLimit])
def test_where_it_began_stays_open_if_the_step_cannot_be_run_again(monkeypatch, error):
    """The code meets something else the second time, or has no time left for one."""
    space, calls = facade.namespace, count(1)

    def hit():
        if next(calls) > 3:
            raise error
        return float("nan") if next(calls) > 3 else 1.0

    monkeypatch.setattr(facade, "namespace", lambda: {**space(), "hit": hit})
    steps, end, line = ran(program(LOSS, f"{LOSS} * hit()"))
    assert (steps, end.status, end.sentence.key) == ([1], "error", "training.not_finite.loss")
    assert line == "loss.backward()"


def test_the_step_is_run_again_with_the_same_bits():
    """Rows and dropout are drawn at random: the first run prints what the second is asked the logarithm of."""
    sign = "seen = -model.fc1.weight.detach().sum().abs()\n        if epoch: print(seen.item())"
    code = program(f"loss = {LOSS}", f"{sign}\n        loss = {LOSS} + (seen.log() if epoch else 0)", clip=1.0)
    steps, end, _ = ran(code.replace("return self.head(x)", "return self.head(F.dropout(x, 0.1))"), seed=5)
    assert len(steps) == 7
    assert f"given numbers from {float(end.stdout):.4g}" in end.message


def test_every_kind_has_its_sentence():
    forward = {*remedies._FORWARD, "domain", "constant", "nothing", "given", "weights", "initial", "loss", "gradient"}
    backward = {f"gradient.{kind}" for kind in (*remedies._BACKWARD, "growth", "domain")}
    assert {f"training.not_finite.{kind}" for kind in forward | backward} == {
        key for key in catalogue() if key.startswith("training.not_finite.")
    }
