"""Models of optional libraries: a stand-in for the library on the path, since it need not be installed."""

import sys
import types

import pytest
import torch
from torch import nn

from explorer.graph.anatomy import anatomy, root
from explorer.ir import LibraryModel, RunRequest
from explorer.models.libraries import LIBRARIES
from explorer.worker.session import execute


@pytest.fixture
def torchvision(monkeypatch):
    """A ``torchvision.models`` of one model."""
    models = types.ModuleType("torchvision.models")
    models.list_models = lambda: ["tiny", "tinier"]
    models.get_model = lambda name, weights: nn.Sequential(nn.Conv2d(3, 2, 7, stride=7), nn.Flatten())
    package = types.ModuleType("torchvision")
    package.models = models
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


def asked(name, library="torchvision"):
    return execute(RunRequest(code=LIBRARIES[library].code(name), library=LibraryModel(library=library, name=name)))


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


def test_an_unknown_name_is_answered_with_near_ones(torchvision):
    run = asked("tyni")
    assert (run.status, run.sentence.key) == ("refused", "libraries.unknown")
    assert set(run.sentence.values["near"].split(", ")) == {"tiny", "tinier"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_not_installed_is_refused_with_a_sentence(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)  # as where it is not installed
    monkeypatch.setitem(sys.modules, f"{library}.models", None)
    assert asked("gpt2", library).sentence.key == "libraries.missing"
    unknown = execute(RunRequest(code="y = 1", library=LibraryModel(library="os", name="x")))
    assert unknown.sentence.key == "libraries.missing"
