import math

import pytest
import torch
from torch import nn

from explorer.ir import TrainingPoints, TrainingRequest, TrainingStart
from explorer.models import datasets, find_dataset, trainable_models
from explorer.training import TrainingError, find_model, make, train


class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, x):
        return self.linear(x)


def run(model, **settings):
    request = TrainingRequest(code="", **settings)
    frames = []
    train(model, request, frames.append)
    start, *rest = frames
    assert isinstance(start, TrainingStart)
    assert all(isinstance(frame, TrainingPoints) for frame in rest)
    return start, [point for frame in rest for point in frame.points]


def refusal(model, **settings):
    with pytest.raises(TrainingError) as caught:
        run(model, **settings)
    return str(caught.value)


def build(code):
    namespace = {}
    exec(compile(code, "<snippet>", "exec"), namespace)
    return namespace["model"]


def test_ten_epochs_of_the_notes_loop_are_those_of_plain_pytorch_bit_for_bit():
    torch.manual_seed(0)
    model = SimpleModel()
    x, y_true = torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0]])
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.MSELoss()
    losses, norms = [], []
    for _ in range(10):
        loss = loss_fn(model(x), y_true)
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        norms.append([parameter.grad.norm().item() for parameter in model.parameters()])
        optimizer.step()

    torch.manual_seed(0)
    start, points = run(SimpleModel(), dataset="point", learning_rate=0.01, steps=10)
    assert start.parameters == ("linear.weight", "linear.bias")
    assert start.parameter_count == 3
    assert [point.loss for point in points] == losses
    assert [list(point.layer_norms) for point in points] == norms
    assert [point.gradient_norm for point in points] == pytest.approx([math.hypot(*pair) for pair in norms])
    assert [point.step for point in points] == list(range(1, 11))
    assert all(point.metric is None for point in points)


@pytest.mark.parametrize(
    ("name", "make_optimizer"),
    [
        ("SGD", lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.5)),
        ("Adam", lambda parameters: torch.optim.Adam(parameters, lr=0.02)),
        ("AdamW", lambda parameters: torch.optim.AdamW(parameters, lr=0.02)),
        ("RMSprop", lambda parameters: torch.optim.RMSprop(parameters, lr=0.02, momentum=0.5)),
        ("Adagrad", lambda parameters: torch.optim.Adagrad(parameters, lr=0.02)),
    ],
)
def test_every_optimizer_is_torchs_own(name, make_optimizer):
    code = trainable_models()[1].code(find_dataset("moons"))
    torch.manual_seed(7)
    model = build(code)
    x, y = make(find_dataset("moons"), 7)
    optimizer, losses, hits = make_optimizer(model.parameters()), [], []
    for _ in range(6):
        output = model(x)
        loss = nn.functional.cross_entropy(output, y)
        losses.append(loss.item())
        hits.append((output.argmax(1) == y).double().mean().item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    torch.manual_seed(7)
    _, points = run(
        build(code), optimizer=name, learning_rate=0.02, momentum=0.5, steps=6, batch_size=256, seed=7, dataset="moons"
    )
    assert [point.loss for point in points] == losses
    assert [point.metric for point in points] == pytest.approx(hits)


def test_minibatches_go_through_all_points_once_an_epoch():
    seen = []

    class Watching(SimpleModel):
        def forward(self, x):
            seen.append(x)
            return super().forward(x)

    _, points = run(Watching(), dataset="linear", batch_size=48, steps=6, learning_rate=0.001)
    assert len(points) == 6
    assert [len(batch) for batch in seen] == [48, 48, 32] * 2
    everything = make(find_dataset("linear"), 0)[0]
    for epoch in (seen[:3], seen[3:]):
        assert sorted(torch.cat(epoch).tolist()) == sorted(everything.tolist())
    assert not torch.equal(seen[0], seen[3])


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_every_trainable_model_fits_every_dataset(dataset):
    for model in trainable_models():
        torch.manual_seed(0)
        _, points = run(
            build(model.code(dataset)), dataset=dataset.name, optimizer="Adam", learning_rate=0.01, steps=40
        )
        first, last = points[0].loss, points[-1].loss
        assert math.isfinite(last)
        assert model.name != "mlp" or last < first


def test_the_linear_model_finds_the_line():
    torch.manual_seed(0)
    model = SimpleModel()
    run(model, dataset="linear", batch_size=128, steps=200)
    torch.testing.assert_close(model.linear.weight.detach(), torch.tensor([[2.0, -3.0]]), atol=0.05, rtol=0)


def test_points_are_kept_when_the_loss_is_no_longer_finite():
    torch.manual_seed(0)
    frames = []
    request = TrainingRequest(code="", dataset="point", learning_rate=100.0, steps=500)
    with pytest.raises(TrainingError, match=r"became .* at step") as caught:
        train(SimpleModel(), request, frames.append)
    last = frames[-1].points[-1]
    assert f"at step {last.step}" in str(caught.value)
    assert last.loss in ("NaN", "Infinity")
    assert "below 100" in str(caught.value)


def test_points_are_kept_when_the_model_raises_or_a_limit_strikes():
    class Limit(BaseException):
        pass

    class Failing(SimpleModel):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == 4:
                raise Limit
            return super().forward(x)

    frames = []
    with pytest.raises(Limit):
        train(Failing(), TrainingRequest(code="", dataset="point", learning_rate=0.01), frames.append)
    assert [point.step for point in frames[-1].points] == [1, 2, 3]


def test_wrong_input_names_both_sizes_and_what_fits():
    text = refusal(SimpleModel(), dataset="sine")
    assert "takes 2 numbers" in text
    assert "sine has 1" in text
    assert "point, linear." in text


def test_wrong_output_names_both_shapes_and_what_fits():
    text = refusal(SimpleModel(), dataset="moons", batch_size=8)
    assert "(8, 1)" in text
    assert "(8, 2)" in text
    assert "point, linear." in text


def test_a_model_that_fits_nothing_says_so():
    assert "takes 9 numbers a point" in (text := refusal(nn.Linear(9, 7)))
    assert text.endswith(": -.")


def test_an_output_that_is_no_tensor():
    assert "returned a tuple" in refusal(nn.LSTM(2, 2))


def test_an_error_of_the_model_itself_comes_through():
    class Broken(SimpleModel):
        def forward(self, x):
            return self.linear(x) + undefined  # noqa: F821  (the mistake under test)

    with pytest.raises(NameError, match="undefined"):
        run(Broken(), dataset="point")


def test_nothing_to_learn():
    assert "no parameters" in refusal(nn.ReLU())
    assert "All 2 parameters" in refusal(SimpleModel().requires_grad_(False))

    class Cut(SimpleModel):
        def forward(self, x):
            return super().forward(x).detach()

    assert "no grad_fn" in refusal(Cut(), dataset="point")


def test_frozen_and_unused_parameters():
    class Half(SimpleModel):
        def __init__(self):
            super().__init__()
            self.unused = nn.Linear(1, 1)
            self.linear.bias.requires_grad_(False)

    model = Half()
    bias = model.linear.bias.clone()
    start, points = run(model, dataset="point", steps=3, learning_rate=0.01)
    assert start.parameters == ("linear.weight", "unused.weight", "unused.bias")
    assert start.parameter_count == 5
    assert all(point.layer_norms[0] > 0 and point.layer_norms[1:] == (0.0, 0.0) for point in points)
    assert torch.equal(model.linear.bias, bias)


@pytest.mark.parametrize(
    ("settings", "piece"),
    [
        ({"learning_rate": 0.0}, "learning rate is 0.0"),
        ({"learning_rate": math.nan}, "learning rate is nan"),
        ({"learning_rate": 1e9}, "at most 1000"),
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"steps": 0}, "from 1 to 100000"),
        ({"batch_size": 0}, "batch of 0"),
        ({"seed": -1}, "seed is -1"),
        ({"dataset": "moon"}, "did you mean moons"),
    ],
)
def test_settings_that_no_optimizer_takes(settings, piece):
    assert piece in refusal(SimpleModel(), **settings)


@pytest.mark.parametrize(
    ("namespace", "piece"),
    [
        ({}, "builds no model"),
        ({"net": nn.Linear(1, 1)}, "model = net"),
        ({"model": SimpleModel}, "model = SimpleModel()"),
        ({"model": 3}, "of type int"),
    ],
)
def test_code_without_a_model(namespace, piece):
    with pytest.raises(TrainingError) as caught:
        find_model(namespace)
    assert piece in str(caught.value)


def test_the_model_is_found():
    model = SimpleModel()
    assert find_model({"model": model}) is model
