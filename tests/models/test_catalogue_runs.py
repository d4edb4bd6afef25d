import pytest
import torch

from explorer.ir import RunRequest
from explorer.models import catalogue
from explorer.worker.session import execute

SMALL = {"alexnet": (3, 64, 64), "resnet18": (3, 64, 64), "resnet101": (3, 64, 64), "densenet201": (3, 64, 64)}


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_every_model_runs_and_its_gradients_are_torchs(model):
    """Captured by the product, against the same program in plain torch."""
    code = model.code(shape=SMALL.get(model.name))
    run = execute(RunRequest(code=code, seed=4))
    assert (run.status, run.message) == ("ok", None)
    assert run.result == "loss"

    torch.manual_seed(4)
    names = {}
    exec(compile(code, "<snippet>", "exec"), names)
    names["loss"].backward()
    expected = {f"model.{name}": parameter.grad for name, parameter in names["model"].named_parameters()}
    captured = {tensor.name: tensor for tensor in run.tensors if tensor.origin == "parameter"}
    assert captured.keys() >= expected.keys()
    for name, gradient in expected.items():
        norm = gradient.double().norm().item()
        assert float(captured[name].grad_stats.norm) == pytest.approx(norm, rel=1e-5), name
    modules = {node.module for node in run.graph.nodes if node.module}
    assert any(module.startswith("model") for module in modules)
