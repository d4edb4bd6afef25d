import pytest
import torch

from explorer.ir import RunRequest
from explorer.models import Model, catalogue
from explorer.worker.session import execute


def small(model: Model) -> str:
    """The model on its smallest images; VGG's two linear layers of 4,096 are told 64, which leaves 15 million parameters of 138."""
    shape = tuple(axis.smallest for axis in model.axes) if len(model.shape) == 3 else None
    return model.code(shape=shape).replace("4096", "64")


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_every_model_runs_and_its_gradients_are_torchs(model):
    """Captured by the product, against the same program in plain torch; and nothing of it is beyond what the capture sees."""
    code = small(model)
    run = execute(RunRequest(code=code, seed=4))
    assert (run.status, run.message) == ("ok", None)
    assert run.result == "loss"
    assert not [note.key for note in run.notes if note.key.startswith("limits.")]

    torch.manual_seed(4)
    names = {}
    exec(compile(code, "<snippet>", "exec"), names)
    names["loss"].backward()
    expected = {f"model.{name}": parameter.grad for name, parameter in names["model"].named_parameters()}
    captured = {tensor.name: tensor for tensor in run.tensors if tensor.origin == "parameter"}
    assert captured.keys() >= expected.keys()
    for name, gradient in expected.items():
        norm = gradient.double().norm().item()
        # A batch norm over the four numbers that are left of the smallest image makes much of a last bit.
        assert float(captured[name].grad_stats.norm) == pytest.approx(norm, rel=1e-4), name
    modules = {node.module for node in run.graph.nodes if node.module}
    assert any(module.startswith("model") for module in modules)
