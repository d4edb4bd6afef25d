"""The product's own worker, with gate, facade and capture, through the product's own engine."""

import sys
from typing import get_args

import pytest

from explorer.ir import DataRequest, Given, Input, LookRequest, Run, RunRequest, TrainingRequest
from explorer.models import OptimizerName, Recipe, catalogue, find_dataset, models_for, trainable_models
from explorer.runner import Engine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked workers need Linux")


def run(engine: Engine, code: str, **more) -> Run:
    return engine.run(RunRequest(code=code, **more))


def test_the_wall_is_full(engine):
    assert engine.wall.level == "full"
    assert engine.devices[0] == "cpu"


def test_an_expression_and_its_gradients(engine):
    values = tuple(Input(name=name, value=value) for name, value in (("x", 2.0), ("y", 3.0), ("w", 4.0)))
    answer = run(engine, "(x + y) * w", inputs=values)
    assert answer.status == "ok", answer.message
    assert {tensor.name: tensor.grad for tensor in answer.tensors if tensor.is_leaf} == {"x": 4, "y": 4, "w": 5}
    assert {node.name for node in answer.graph.nodes} == {"MulBackward0", "AddBackward0", "AccumulateGrad"}


SNIPPETS = {
    "pasted imports": "import torch\nimport torch.nn as nn\nx = torch.tensor(2.0, requires_grad=True)\ny = x ** 3\ny.backward()\nprint(x.grad)",
    "an optimizer": "m = nn.Linear(2, 1)\no = optim.Adam(m.parameters())\nfor _ in range(3):\n    o.zero_grad()\n    loss = m(torch.ones(4, 2)).pow(2).mean()\n    loss.backward()\n    o.step()",
    "einsum": "a = torch.randn(2, 3, requires_grad=True)\ntorch.einsum('ij,kj->ik', a, a).sum()",
    "attention": "q = torch.randn(1, 2, 4, 8, requires_grad=True)\nF.scaled_dot_product_attention(q, q, q).sum()",
    "linalg": "a = torch.randn(3, 3, requires_grad=True)\ntorch.linalg.svd(a)[1].sum()",
    "lstm": "m = nn.LSTM(3, 4, bidirectional=True)\nloss = m(torch.randn(5, 1, 3))[0].sum()",
    "convolution": "m = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))\nprint(m)\nloss = m(torch.randn(2, 1, 8, 8)).mean()",
    "numpy": "a = torch.from_numpy(np.ones(3)).requires_grad_()\n(a * 2).sum()",
    "a function of one's own": "class Twice(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        return x * 2\n    @staticmethod\n    def backward(ctx, g):\n        return g * 2\nx = torch.ones(2, requires_grad=True)\nloss = Twice.apply(x).sum()",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_learners_snippets_need_no_file(engine, name):
    answer = run(engine, SNIPPETS[name])
    assert (answer.status, answer.message) == ("ok", None)
    assert answer.graph.nodes


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("while True: pass", "stopped"),
        ("torch.ones(10**11)", "stopped"),
        ("x = torch.ones(3)\nx.untyped_storage().resize_(0)\nx.sum()", "stopped"),
        ("open('/etc/hostname')", "refused"),
        ("import os", "refused"),
        ("x =", "refused"),
        ("", "refused"),
        ("\N{GRINNING FACE}", "refused"),
        ("x" * 2**20, "refused"),
    ],
    ids=["endless", "memory", "crash", "open", "import os", "syntax", "empty", "emoji", "1 MB"],
)
def test_bad_input_gets_a_sentence(engine, code, status):
    answer = run(engine, code)
    assert answer.status == status
    assert answer.message
    assert "Traceback" not in answer.message


def test_what_was_printed_before_the_time_limit_is_kept(engine):
    answer = run(
        engine, "print('so far')\nx = torch.ones(1, requires_grad=True)\nfor i in range(10**12):\n    y = x * 2"
    )
    assert (answer.status, answer.stdout) == ("stopped", "so far\n")
    assert answer.line in (3, 4)


def test_the_same_request_gives_the_same_run(engine):
    code = "a = torch.randn(3, requires_grad=True)\nloss = (a * torch.from_numpy(np.random.rand(3))).sum()"
    first, second = (run(engine, code, seed=5) for _ in range(2))
    assert first.tensors == second.tensors
    assert first.graph == second.graph
    assert first.tensors != run(engine, code, seed=6).tensors


def test_a_model_of_the_catalogue(engine):
    model = next(model for model in catalogue() if model.name == "lenet")
    answer = run(engine, model.code(batch=None, shape=None))
    assert (answer.status, answer.message) == ("ok", None)


def test_training(engine):
    training = engine.train(
        TrainingRequest(
            code=trainable_models()[1].program(
                find_dataset("digits"), Recipe(epochs=1, batch_size=256, scheduler="OneCycleLR")
            ),
            data=DataRequest(dataset="digits"),
        )
    )
    end = training.wait(20)
    assert (end.status, end.message) == ("ok", None)
    assert [point.step for point in training.points] == list(range(1, 7))
    assert len(training.snapshots) == 6
    assert training.start.train_rows == 1438


@pytest.mark.parametrize("optimizer", get_args(OptimizerName))
def test_every_optimizer_and_dataset_works_without_any_file(engine, optimizer):
    dataset = {"SGD": "text", "Adam": "iris", "AdamW": "wine", "RMSprop": "diabetes"}.get(optimizer, "breast_cancer")
    found = find_dataset(dataset)
    recipe = Recipe(optimizer=optimizer, epochs=1, batch_size=256, learning_rate=0.01, clip=1.0, autocast=True)
    code = models_for(found)[-1].program(found, recipe)
    end = engine.train(TrainingRequest(code=code, data=DataRequest(dataset=dataset))).wait(30)
    assert (end.status, end.message) == ("ok", None)


def test_training_code_meets_the_gate(engine):
    assert engine.train(TrainingRequest(code="import os")).wait(20).status == "refused"


def test_a_deep_graph_that_was_looked_at_is_freed_by_the_code_itself(engine):
    """torch frees it by recursion: in the 8 MiB of stack that a process starts with this ended the interpreter."""
    code = """\
hidden = nn.RNN(1, 1)(torch.ones(20_000, 1, 1))[1].sum()
hidden.backward(retain_graph=True)
x = torch.ones(1, requires_grad=True)
(x * 2).backward()
hidden = x
print("freed")
"""
    answer = run(engine, code)
    assert (answer.status, answer.stdout) == ("ok", "freed\n"), answer.message


def test_a_look_at_memory_and_names_from_the_jail(engine):
    code = "x = torch.ones(2, 3)\na = x.numpy()\na[0, 0] = 5.\ny = x.sum(0)"
    answer = engine.look(LookRequest(code=code, given=(Given(variable="x", names=("rows", "columns")),)))
    assert answer.status == "ok", answer.message
    assert answer.moments[-1].storages[0].cells == [5, 1, 1, 1, 1, 1]
    assert answer.steps[-1].output.names == ("columns",)
    assert engine.look(LookRequest(code="import os")).status == "refused"
    assert engine.look(LookRequest(code="torch.ones(2, device='meta').untyped_storage()[0]")).status in (
        "error",
        "stopped",
    )
