"""The tree of modules: multiply-accumulates against torch's own counter, parameters and activation bytes against plain torch."""

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from explorer.graph.anatomy import anatomy, root
from explorer.ir import RunRequest
from explorer.models import find
from explorer.worker.session import execute

SMALL = ("mlp", "lenet", "vit", "unet", "lstm", "gru", "transformer", "gpt", "captioner", "gan", "cyclegan", "resnet18")


def code_of(name):
    model = find(name)
    return model.code(shape=tuple(axis.smallest for axis in model.axes) if len(model.shape) == 3 else None)


def tree(code):
    run = execute(RunRequest(code=code, verify="never"))
    assert run.status == "ok", run.message
    return {part.path: part for part in anatomy(run)}


def flops(code):
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        exec(code, {"torch": torch, "nn": nn, "F": nn.functional})  # the catalogue's own text, for torch's counter
    return counter.get_total_flops()


@pytest.mark.parametrize("name", SMALL)
def test_macs_are_half_of_what_torchs_own_counter_counts(name):
    code = code_of(name)
    assert 2 * tree(code)["model"].macs == flops(code) > 0


CALLS = {
    "conv1d": "nn.Conv1d(4, 6, 3, groups=2)(torch.randn(2, 4, 9))",
    "conv3d": "nn.Conv3d(1, 2, 3, stride=2)(torch.randn(1, 1, 7, 7, 7))",
    "transposed": "nn.ConvTranspose1d(4, 6, 3, stride=2, groups=2)(torch.randn(2, 4, 9))",
    "bidirectional": "nn.LSTM(3, 5, num_layers=2, bidirectional=True)(torch.randn(4, 2, 3))",
    "projected": "nn.LSTM(3, 5, proj_size=2)(torch.randn(4, 2, 3))",
    "unbatched": "nn.GRU(3, 5)(torch.randn(4, 3))",
    "lstm_cell": "nn.LSTMCell(3, 5)(torch.randn(2, 3))",
    "gru_cell": "nn.GRUCell(3, 5)(torch.randn(2, 3))",
    "heads": "nn.MultiheadAttention(8, 2)(torch.randn(5, 2, 8), torch.randn(7, 2, 8), torch.randn(7, 2, 8))",
    "products": "Products()(torch.randn(2, 3, 4))",
}
PRODUCTS = """
class Products(nn.Module):
    def forward(self, x):
        y = x @ torch.randn(4, 5)
        z = torch.baddbmm(torch.zeros(2, 3, 3), y, y.transpose(1, 2))
        q = torch.randn(2, 6, 4)
        return F.scaled_dot_product_attention(q, x, torch.randn(2, 3, 8)).sum() + z.sum()
"""


@pytest.mark.parametrize("name", CALLS)
def test_macs_of_single_layers(name):
    code = f"{PRODUCTS}\nmodel, arguments = {CALLS[name].replace(')(', '), (', 1)[:-1]},)\n" + (
        "model.eval()\nout = model(*arguments)\n"
    )
    assert 2 * tree(code)["model"].macs == flops(code) > 0


def test_what_shapes_do_not_tell_is_said():
    code = "class A(nn.Module):\n    def forward(self, x):\n        return torch.einsum('ij,jk->ik', x, x)\nmodel = A()\ny = model(torch.ones(2, 2, requires_grad=True))"
    assert tree(code)["model"].uncounted == ("einsum",)


class _Kept(TorchFunctionMode):
    """Keeps what every function gives, so that no memory is used twice."""

    def __init__(self):
        super().__init__()
        self.outputs = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        self.outputs += [one for one in (found if isinstance(found, tuple) else (found,)) if type(one) is torch.Tensor]
        return found


def size_of(tensors, without=()):
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in tensors}
    return sum(size for at, size in storages.items() if at not in {one.untyped_storage().data_ptr() for one in without})


@pytest.mark.parametrize("name", ["lenet", "resnet18", "gpt", "unet"])
def test_parameters_and_activation_bytes(name):
    code = code_of(name)
    parts = tree(code)
    names = {}
    exec(code, names)  # the catalogue's own text
    model = names["model"]
    with _Kept() as kept:
        model(names["x"])
    assert parts["model"].activations == size_of(kept.outputs, [*model.parameters(), *model.buffers(), names["x"]])
    for path, module in model.named_modules(prefix="model"):
        if path in parts:
            assert parts[path].parameters == sum(one.numel() for one in module.parameters()), path
            assert parts[path].class_name in ("", type(module).__name__)
    assert {path for path, module in model.named_modules(prefix="model") if list(module.parameters())} <= parts.keys()


def test_shapes_and_calls_of_modules_and_what_is_frozen():
    code = """
class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 2)])
    def forward(self, x):
        return self.layers[0](self.inner(self.inner(x)))
model = Twice()
model.inner.bias.requires_grad_(False)
loss = model(torch.ones(3, 4)).sum()
"""
    parts = tree(code)
    assert list(parts) == ["model", "model.inner", "model.layers", "model.layers.0"]
    assert (parts["model.inner"].calls, parts["model.inner"].output, parts["model.inner"].macs) == (2, (3, 4), 96)
    assert (parts["model"].parameters, parts["model"].trained, parts["model"].macs) == (30, 26, 120)
    assert (parts["model.layers"].calls, parts["model.layers"].output, parts["model.layers"].macs) == (0, None, 24)
    assert root(tuple(parts.values())).path == "model"
