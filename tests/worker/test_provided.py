"""Models of optional libraries: a stand-in for the library on the path, since it need not be installed."""

import subprocess
import sys
import types

import pytest
import torch
from torch import nn

from explorer.graph.anatomy import anatomy, root
from explorer.ir import LibraryModel, RunRequest
from explorer.models.libraries import LIBRARIES
from explorer.models.vision import shape_of
from explorer.worker.session import execute


class Stub(nn.Module):
    """Takes what a kind of torchvision's models takes, of the dimensions that these have, and answers in their form."""

    def __init__(self, dims, answer):
        super().__init__()
        self.scale, self.dims, self.answer = nn.Parameter(torch.tensor(2.0)), dims, answer

    def forward(self, *inputs):
        first = inputs[0][0] if isinstance(inputs[0], list) else inputs[0]
        assert first.ndim == self.dims
        return self.answer(first * self.scale, *inputs[1:])


def pictures(weights=None):
    return nn.Sequential(nn.Conv2d(3, 2, 7, stride=7), nn.Flatten())


def auxiliary(weights=None, init_weights=None):
    assert init_weights
    return Stub(4, lambda x: types.SimpleNamespace(logits=x.mean((2, 3))))


def detector(weights=None, weights_backbone="fetched", **sides):
    assert weights_backbone is None
    assert not sides or sides["min_size"] < 300
    return Stub(3, lambda x, found: {"box": (x.mean() * found[0]["boxes"]).sum(), "class": x.sum()})


BUILDERS = {
    "tiny": pictures,
    "tinier": pictures,
    "inception_v3": auxiliary,
    "r3d_18": lambda weights=None: Stub(5, lambda x: x.mean((2, 3, 4))),
    "fcn_resnet50": lambda weights=None, weights_backbone=None: Stub(4, lambda x: {"out": x}),
    "ssd300_vgg16": detector,
    "fcos_resnet50_fpn": detector,
    "raft_small": lambda weights=None: Stub(4, lambda x, other: [x, x - other]),
}


@pytest.fixture
def torchvision(monkeypatch):
    """A ``torchvision.models`` of one model a kind."""
    models = types.ModuleType("torchvision.models")
    models.list_models = lambda: list(BUILDERS)
    models.get_model_builder = BUILDERS.__getitem__
    package = types.ModuleType("torchvision")
    package.models = models
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


def asked(name, library="torchvision"):
    return execute(RunRequest(code=LIBRARIES[library].code(name), library=LibraryModel(library=library, name=name)))


def test_the_heaviest_network_gets_a_small_picture():
    """At 224 px it would take most of a model's time on a slow machine."""
    assert [shape_of(name)[-1] for name in ("regnet_y_128gf", "regnet_y_32gf")] == [112, 224]
    assert "a tensor of shape (1, 3, 112, 112)\n" in LIBRARIES["torchvision"].code("regnet_y_128gf")


def test_a_model_is_built_by_name_and_its_graph_is_captured(torchvision):
    run = asked("tiny")
    assert (run.status, run.message) == ("ok", None)
    whole = root(anatomy(run))
    assert (whole.path, whole.parameters, whole.output) == ("model", 3 * 2 * 49 + 2, (1, 2 * 32 * 32))
    assert {"ConvolutionBackward0", "AccumulateGrad"} <= {node.name for node in run.graph.nodes}
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 2, 7, stride=7), nn.Flatten())
    loss = model(torch.rand(1, 3, 224, 224)).square().mean().item()
    assert run.graph.roots[0].value == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("name", BUILDERS)
def test_each_kind_is_given_what_it_takes_and_makes_a_loss(torchvision, name):
    run = asked(name)
    assert (run.status, run.message, run.graph.roots[0].name) == ("ok", None, "loss")
    assert all(tensor.grad_stats.norm > 0 for tensor in run.tensors if tensor.name.startswith("model."))


def test_an_unknown_name_is_answered_with_near_ones(torchvision):
    run = asked("tyni")
    assert (run.status, run.sentence.key) == ("refused", "libraries.unknown")
    assert {"tiny", "tinier"} <= set(run.sentence.values["near"].split(", "))


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_not_installed_is_refused_with_a_sentence(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)  # as where it is not installed
    monkeypatch.setitem(sys.modules, f"{library}.models", None)
    assert asked("gpt2", library).sentence.key == "libraries.missing"
    unknown = execute(RunRequest(code="y = 1", library=LibraryModel(library="os", name="x")))
    assert unknown.sentence.key == "libraries.missing"


def test_every_family_of_the_list_is_built_when_nothing_can_be_opened():
    """Where transformers is installed; in the jail an import would open a file."""
    pytest.importorskip("transformers")
    done = subprocess.run([sys.executable, "-c", FAMILIES], capture_output=True, text=True, check=False)
    assert done.stdout == "", done.stdout
    assert done.returncode == 0, done.stderr[-2000:]


FAMILIES = """
import sys
from explorer.ir import LibraryModel
from explorer.models.libraries import LIBRARIES
from explorer.worker import provided

provided.load_all()

def closed(event, _details):
    if event == "open":
        raise PermissionError

sys.addaudithook(closed)
for name in (*LIBRARIES["transformers"].suggested, *LIBRARIES["transformers"].others):
    try:
        values = provided.provide(LibraryModel(library="transformers", name=name))
        values["model"](**values["inputs"]).last_hidden_state.square().mean().backward()
    except BaseException as problem:
        print(name, type(problem).__name__, problem, file=sys.__stdout__)
"""
