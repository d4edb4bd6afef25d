"""The watch over a loop: its numbers are plain PyTorch's bit for bit, and what it tells is what torch says."""

import math
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.overrides import _len_torch_function_stack

from explorer.ir import (
    DataRequest,
    Steer,
    TrainingEnd,
    TrainingPoints,
    TrainingRequest,
    TrainingSnapshot,
    TrainingStart,
    TrainingSurface,
    decode_training_frame,
    encode,
)
from explorer.models import Recipe, find_dataset, trainable_models
from explorer.training import load
from explorer.training.activations import dead_share
from explorer.training.schedule import Plan, Schedule, planned
from explorer.training.spread import BINS, spread
from explorer.worker.train import train

MODELS = {model.name: model for model in trainable_models()}


def program(model="mlp", dataset="moons", **recipe):
    return MODELS[model].program(find_dataset(dataset), Recipe(**recipe))


class Ran:
    """One training run, by kind of frame; every frame has passed the decoder that does not trust it."""

    def __init__(self, code, dataset="moons", steering=None, held_back=0.2, table="", target="", **settings):
        frames = []
        data = DataRequest(dataset=dataset, held_back=held_back, table=table, target=target)
        request = TrainingRequest(code=code, data=data, **settings)
        train(request, lambda frame: frames.append(decode_training_frame(encode(frame))), steering)
        self.frames = frames
        self.start = next((frame for frame in frames if isinstance(frame, TrainingStart)), None)
        self.points = [point for frame in frames if isinstance(frame, TrainingPoints) for point in frame.points]
        self.snapshots = [frame for frame in frames if isinstance(frame, TrainingSnapshot)]
        self.surface = next((frame for frame in frames if isinstance(frame, TrainingSurface)), None)
        self.end = frames[-1]
        assert isinstance(self.end, TrainingEnd)


NOTES = """\
class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, x):
        return self.linear(x)

model = SimpleModel()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x = torch.tensor([[1.0, 2.0]])
y_true = torch.tensor([[5.0]])
for epoch in range(10):
    y_pred = model(x)
    loss = criterion(y_pred, y_true)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def test_ten_epochs_of_the_notes_loop_are_those_of_plain_pytorch_bit_for_bit():
    torch.manual_seed(3)
    model, x, y = nn.Linear(2, 1), torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0]])
    optimizer, losses, norms = torch.optim.SGD(model.parameters(), lr=0.01), [], []
    for _ in range(10):
        loss = nn.functional.mse_loss(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        norms.append([parameter.grad.norm().item() for parameter in model.parameters()])
        optimizer.step()

    ran = Ran(NOTES, "point", seed=3)
    assert (ran.end.status, ran.end.message) == ("ok", None)
    assert [point.loss for point in ran.points] == losses
    assert [list(point.layer_norms) for point in ran.points] == norms
    assert [point.gradient_norm for point in ran.points] == pytest.approx([math.hypot(*pair) for pair in norms])
    assert [point.step for point in ran.points] == list(range(1, 11))
    assert {point.learning_rate for point in ran.points} == {0.01}
    assert ran.start.parameters == ("linear.weight", "linear.bias")
    assert ran.start.parameter_count == 3


RECIPES = [
    {"optimizer": "SGD", "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3},
    {"optimizer": "Adam", "scheduler": "OneCycleLR"},
    {"optimizer": "AdamW", "weight_decay": 0.1, "scheduler": "CosineAnnealingLR"},
    {"optimizer": "RMSprop", "momentum": 0.5, "scheduler": "StepLR"},
    {"optimizer": "Adagrad", "scheduler": "ExponentialLR", "clip": 0.1},
    {"optimizer": "LBFGS"},
    {"optimizer": "SGD", "scheduler": "ReduceLROnPlateau", "zero_grad": False},
    {"optimizer": "Adam", "autocast": True},
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: "-".join(map(str, recipe.values())))
def test_every_recipe_runs_as_it_stands_without_a_watch(recipe):
    """The same text, executed by plain Python and torch, and the model that comes out of it, to the last bit; dropout draws alike."""
    code = program(epochs=3, batch_size=64, learning_rate=0.02, **recipe).replace(
        "return self.head(x)", "return self.head(F.dropout(x, 0.1))"
    )
    ran = Ran(code + "\nprint(loss.item())\nprint([one.tolist() for one in model.parameters()])", seed=7)
    assert (ran.end.status, ran.end.message) == ("ok", None)

    names = load(DataRequest(dataset="moons"), 7).names() | {"F": nn.functional}
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    rates = []
    told = register_optimizer_step_pre_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    try:
        exec(code, names)
    finally:
        told.remove()
    last, parameters = ran.end.stdout.splitlines()
    assert float(last) == names["loss"].item()
    assert parameters == str([one.tolist() for one in names["model"].parameters()])
    assert [point.learning_rate for point in ran.points] == rates
    assert ran.start.steps == len(ran.points)


def test_gradients_pile_up_without_zero_grad():
    code = program("linear", "linear", epochs=1, batch_size=128, zero_grad=False, learning_rate=1e-12)
    once = Ran(code, "linear", held_back=0.0).points[0].gradient_norm
    twice = Ran(code.replace("EPOCHS = 1", "EPOCHS = 2"), "linear", held_back=0.0).points[1].gradient_norm
    assert twice == pytest.approx(2 * once, rel=1e-4)


def test_a_snapshot_tells_what_torch_says():
    """One step on all rows, done by hand beside it."""
    code = program("cnn", "digits", epochs=1, batch_size=2000, learning_rate=0.5)
    ran = Ran(code, "digits", seed=1)
    seen = ran.snapshots[0]
    data = load(DataRequest(dataset="digits"), 1)
    names = data.names()
    torch.manual_seed(1)
    exec(MODELS["cnn"].code(find_dataset("digits")), names)
    model = names["model"]
    before = [one.detach().clone() for one in model.parameters()]
    rows = torch.randperm(len(data.x_train))
    loss = nn.functional.cross_entropy(model(data.x_train[rows]), data.y_train[rows])
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=0.5).step()
    assert ran.points[0].loss == loss.item()
    for layer, parameter, old in zip(seen.layers, model.parameters(), before, strict=True):
        assert layer.norm == pytest.approx(parameter.norm().item(), rel=1e-5)
        assert layer.update == pytest.approx(((parameter - old).norm() / old.norm()).item(), rel=1e-4)
        assert sum(layer.weight.counts) == min(parameter.numel(), parameter.numel())
        assert layer.weight.low == parameter.min().item()
        assert layer.gradient.high == parameter.grad.max().item()
    with torch.no_grad():
        model.eval()
        train_out, val_out = model(data.x_train), model(data.x_val)
    assert seen.train.loss == pytest.approx(nn.functional.cross_entropy(train_out, data.y_train).item(), rel=1e-6)
    assert seen.train.metric == pytest.approx((train_out.argmax(1) == data.y_train).float().mean().item())
    assert seen.validation.metric == pytest.approx((val_out.argmax(1) == data.y_val).float().mean().item())
    table = torch.zeros(10, 10, dtype=torch.int32)
    for truth, answer in zip(data.y_val.tolist(), val_out.argmax(1).tolist(), strict=True):
        table[truth, answer] += 1
    assert (seen.predictions.form, seen.predictions.width) == ("confusion", 10)
    assert seen.predictions.values == table.numpy().tobytes()


def test_activations_and_dead_units():
    code = (
        program("mlp", "moons", epochs=4, learning_rate=0.01)
        .replace("torch.tanh", "torch.relu")
        .replace(
            "model = MLP()",
            "model = MLP()\nwith torch.no_grad():\n    model.fc2.bias[:4] = -1e3  # four of 16 units can never fire",
        )
    )
    ran = Ran(code)
    second = ran.snapshots[1].activations
    assert [one.name for one in second] == ["relu, line 19", "relu, line 20"]
    assert second[1].dead >= 0.25
    assert sum(second[0].spread.counts) == 32 * 16
    boxed = (
        "model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2))\n"
        + program(epochs=2).partition("model = MLP()\n")[2]
    )
    assert [one.name for one in Ran(boxed).snapshots[1].activations] == ["1"]


def test_dead_share_counts_units_over_rows_and_places():
    output = torch.zeros(3, 4, 2, 2)
    output[1, 2, 0, 1] = 1.0
    assert dead_share(output) == 0.75
    assert dead_share(torch.tensor([[0.0, 1.0], [0.0, 0.0]])) == 0.5
    assert dead_share(torch.zeros(3)) is None


def test_spread_counts_what_histc_counts_and_leaves_out_what_is_not_finite():
    values = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    told = spread(torch.cat([values, torch.tensor([math.nan, math.inf])]))
    counts = np.histogram(values.numpy(), BINS, (told.low, told.high))[0]
    assert sum(abs(np.array(told.counts) - counts)) <= 2  # an element on a border may fall to either side
    assert sum(told.counts) == 1000
    assert sum(spread(torch.full((7,), 2.0)).counts) == 7
    assert spread(torch.tensor([math.nan])).counts == ()
    assert sum(spread(torch.zeros(2**20)).counts) == 2**14


def test_the_plane_is_asked_where_it_says():
    ran = Ran(program("linear", "moons", epochs=5))
    said = ran.snapshots[-1].predictions
    torch.manual_seed(0)
    classes = np.frombuffer(said.values, np.uint8).reshape(said.height, said.width)
    assert set(classes.flatten()) == {0, 1}
    certain = np.frombuffer(said.certain, np.uint8)
    assert certain.min() >= 127  # the larger of two probabilities
    data = load(DataRequest(dataset="moons"), 0)
    assert ran.start.inputs == data.x_train.numpy().tobytes()
    x, y = data.x_train[:, 0], data.x_train[:, 1]
    column = ((x - said.low[0]) / (said.high[0] - said.low[0]) * said.width).long()
    row = ((y - said.low[1]) / (said.high[1] - said.low[1]) * said.height).long()
    hit = torch.from_numpy(classes.copy())[row, column] == data.y_train
    assert hit.float().mean().item() == pytest.approx(ran.snapshots[-1].train.metric, abs=0.06)


def test_curve_pairs_and_text():
    curve = Ran(program("mlp", "sine", epochs=60, learning_rate=0.1, momentum=0.9), "sine").snapshots[-1].predictions
    x = np.linspace(curve.low[0], curve.high[0], curve.width)
    inside = np.abs(x) < 3
    assert np.abs(np.frombuffer(curve.values, np.float32) - np.sin(x))[inside].mean() < 0.15
    pairs = Ran(program("linear", "diabetes", epochs=20, learning_rate=0.05), "diabetes").snapshots[-1]
    truth, answer = np.frombuffer(pairs.predictions.values, np.float32).reshape(-1, 2).T
    r2 = 1 - ((truth - answer) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert r2 == pytest.approx(pairs.validation.metric, abs=1e-4)
    text = (
        Ran(program("text", "text", epochs=1, batch_size=256, optimizer="Adam"), "text").snapshots[-1].predictions.text
    )
    assert text.startswith("the small cell s") or len(text) == 76


def test_a_model_of_two_numbers_has_a_landscape_and_a_path():
    ran = Ran(program("linear", "line", epochs=40), "line", held_back=0.0)
    data, seen = load(DataRequest(dataset="line", held_back=0.0), 0), ran.surface
    assert seen.names == ("linear.weight", "linear.bias")
    losses = np.frombuffer(seen.losses, np.float32).reshape(seen.height, seen.width)
    row, column = 7, 31
    weight = seen.low[0] + (column + 0.5) * (seen.high[0] - seen.low[0]) / seen.width
    bias = seen.low[1] + (row + 0.5) * (seen.high[1] - seen.low[1]) / seen.height
    expected = ((weight * data.x_train + bias - data.y_train) ** 2).mean().item()
    assert losses[row, column] == pytest.approx(expected, rel=1e-4)
    assert len(ran.points[0].values) == 2
    assert ran.points[-1].values[0] == pytest.approx(2.0, abs=0.3)
    assert Ran(program(epochs=1)).surface is None


@pytest.mark.parametrize(
    ("code", "dataset", "status", "line", "piece"),
    [
        ("import os\nmodel = nn.Linear(2, 2)", "moons", "refused", 1, "os cannot be imported"),
        ("model = nn.Linear(2, 2", "moons", "refused", 1, ""),
        ("", "moons", "refused", None, ""),
        ("x = 1\nmodel = nn.Linaer(2, 2)", "moons", "error", 2, "Linear"),
        ("x = 1", "moons", "error", None, "builds no model"),
        ("net = nn.Linear(2, 2)", "moons", "error", None, "model = net"),
        ("model = nn.Linear(2, 2)", "moons", "error", None, "optimizer.step()"),
        ("model = nn.ReLU()\nloss = model(x_train).sum()\nloss.backward()", "moons", "error", 3, "no parameters"),
        (program("linear", "linear"), "sine", "error", 14, "takes 2 numbers"),
        (program("linear", "linear").replace("MSELoss", "CrossEntropyLoss"), "moons", "error", 29, "needs (2, 2)"),
        (program(), "moon", "error", None, "did you mean moons"),
        (
            program("linear", "linear").replace("return self.linear(x)", "return self.linear(x).detach()"),
            "linear",
            "error",
            None,
            "no grad_fn",
        ),
    ],
)
def test_what_cannot_be_trained_gets_one_sentence(code, dataset, status, line, piece):
    end = Ran(code, dataset).end
    assert (end.status, end.line if line is None else line) == (status, end.line)
    assert piece in end.message
    assert "Traceback" not in end.message
    assert end.sentence is not None


def test_points_are_kept_when_the_code_raises():
    code = program(epochs=3) + ""
    ran = Ran(code.replace("optimizer.step()", "optimizer.step()\n        if epoch == 1:\n            1 / 0"))
    assert ran.end.line is not None
    assert "ZeroDivisionError" in ran.end.message
    assert len(ran.points) == 7 + 1


def test_code_may_train_on_data_of_its_own():
    """The model takes none of the rows that it was given: everything is told but the scores on them."""
    code = "model = nn.Linear(7, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\nSTEPS = 3\nfor step in range(STEPS):\n    loss = model(torch.ones(2, 7)).pow(2).mean()\n    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()"
    ran = Ran(code)
    assert (ran.end.status, ran.end.message) == ("ok", None)
    assert len(ran.points) == ran.start.steps == 3
    assert ran.snapshots[0].train.loss is None
    assert ran.snapshots[1].layers[0].update > 0


class Told:
    """A person: what was said by the end of a step, by its number, and what is said while the run waits, in turn."""

    def __init__(self, by_step, waiting):
        self.by_step, self.waiting = by_step, list(waiting)
        self.steps, self.waited_after = 0, []

    def heard(self):
        self.steps += 1
        said = self.by_step.get(self.steps)
        return said and Steer(command=said)

    def wait(self):
        self.waited_after.append(self.steps)
        return Steer(command=self.waiting.pop(0))


def test_a_paused_run_takes_single_steps_and_loses_nothing():
    told = Told({2: "pause"}, ["step", "step", "resume"])
    ran = Ran(program(epochs=2), steering=told)
    assert told.waited_after == [2, 3, 4]
    free = Ran(program(epochs=2))
    assert [point.loss for point in ran.points] == [point.loss for point in free.points]


@pytest.mark.parametrize(
    ("by_step", "waited_after"),
    [
        ({2: "pause", 3: "step"}, [2, 4]),
        ({2: "pause", 3: "step", 4: "step"}, [2, 5]),
        ({2: "pause", 3: "pause"}, [2, 3]),
        ({2: "pause", 3: "resume"}, [2]),
    ],
)
def test_what_is_told_within_a_single_step_is_done_after_it(by_step, waited_after):
    told = Told(by_step, ["step", "resume"])
    Ran(program(epochs=2), steering=told)
    assert told.waited_after == waited_after


def test_equal_runs_have_equal_snapshots_and_memory_does_not_grow_with_steps():
    first, second = Ran(program(epochs=60)), Ran(program(epochs=60))
    assert first.snapshots == second.snapshots
    assert 90 <= len(first.snapshots) <= 220
    schedule = Schedule(Plan())
    taken = [step for step in range(1, 100_000) if schedule.due(step) and (schedule.taken(step) or True)]
    assert len(taken) < 1_500
    assert taken[:5] == [1, 2, 3, 4, 5]
    assert [step for step in range(1, 13) if Schedule(Plan(12), 10**7).due(step)] == [1, 4, 8, 12]


def test_how_many_steps_the_code_says():
    assert planned({"EPOCHS": 3, "BATCH_SIZE": 32}, 100) == Plan(12, 4)
    assert planned({"EPOCHS": 3}, 100) == Plan(3, 1)
    assert planned({"STEPS": 9, "EPOCHS": 3}, 100) == Plan(9)
    assert planned({"EPOCHS": "3"}, 100) == Plan()


def test_a_model_is_not_asked_for_all_rows_far_more_often_than_it_learns_from_them():
    few = Schedule(planned({"EPOCHS": 2, "BATCH_SIZE": 10}, 1_600))
    assert [step for step in range(1, 101) if few.due(step)] == [1, 4, 16, 20, 40, 60, 80, 100]
    small = Schedule(planned({"EPOCHS": 9, "BATCH_SIZE": 32}, 205))
    assert all(small.due(step) for step in range(1, 64))


def test_the_code_may_change_the_default_device_within_a_step_that_is_listened_to():
    """Torch keeps default devices below the listener, whichever comes first."""
    inside = program(epochs=2).replace(
        "        loss = loss_fn(model(x), y)",
        "        with torch.device('cpu'):\n            loss = loss_fn(model(x), y)",
    )
    around = program(epochs=2).replace(
        "for epoch in range(EPOCHS):\n", "for epoch in range(EPOCHS):\n  with torch.device('cpu'):\n"
    )
    always = "torch.set_default_device('cpu')\n" + program(epochs=2)
    plain = Ran(program(epochs=2))
    for code in (inside, around, always):
        try:
            ran = Ran(code)
        finally:
            torch.set_default_device(None)
        assert (ran.end.status, ran.end.message) == ("ok", None)
        assert ran.points[-1].loss == plain.points[-1].loss
        assert [len(snapshot.activations) for snapshot in ran.snapshots] == [
            len(snapshot.activations) for snapshot in plain.snapshots
        ]
    assert _len_torch_function_stack() == 0


def test_the_watch_leaves_torch_as_it_was():
    backward = torch.autograd.backward
    Ran(program(epochs=1))
    assert torch.autograd.backward is backward
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()


def test_digits_reach_95_percent():
    ran = Ran(program("mlp", "digits", optimizer="Adam", learning_rate=0.005, epochs=8), "digits")
    assert ran.snapshots[-1].validation.metric > 0.95


def test_a_snapshot_names_its_graph_so_that_others_can_be_compared_with_it():
    same = Ran(program("mlp", "moons", epochs=30))
    assert len({snapshot.graph for snapshot in same.snapshots}) == 1
    assert same.snapshots[0].graph
    assert Ran(program("mlp", "moons", epochs=2, batch_size=16)).snapshots[0].graph == same.snapshots[0].graph
    assert Ran(program("linear", "moons", epochs=1)).snapshots[0].graph != same.snapshots[0].graph
    changing = """
model = nn.Linear(2, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(6):
    model.bias.requires_grad_(step < 4)
    output = model(x_train)
    output = output.relu() if step % 2 else output.tanh()
    optimizer.zero_grad()
    F.cross_entropy(output, y_train).backward()
    optimizer.step()
"""
    names = [snapshot.graph for snapshot in Ran(changing).snapshots]
    assert (names[0], names[1]) == (names[2], names[3])
    assert len(set(names)) == 4  # tanh and relu, each with and without the bias
