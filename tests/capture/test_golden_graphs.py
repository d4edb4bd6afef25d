"""The table of named graphs, each as the text that the command line writes, kept under tests/golden/graphs.

`pytest --update` writes the files anew; look at the difference before keeping it. That what they show is true is tested
elsewhere; here a second look at the same graph, by `next_functions` alone, must count the same nodes and edges.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from samples import run

from explorer.export import text

CASES = {
    "leaf": "x = torch.tensor([1.0, 2.0], requires_grad=True)\nx.sum()",
    "chain": "x = torch.tensor([0.0, 1.0], requires_grad=True)\na = x * 2\nb = a ** 2\nc = b + 1\nloss = c.sum()",
    "diamond": "x = torch.tensor([1.0, 2.0], requires_grad=True)\na = x * 2\nb = a * 3\nc = a * 4\nloss = (b + c).sum()",
    "unbind": "x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)\na, b = x.unbind()\nloss = (a * b).sum()",
    "view": "x = torch.arange(6.0).requires_grad_()\na = x.view(2, 3)\nb = a.T\nc = b[1:]\nloss = (c * c).sum()",
    "in_place": "x = torch.tensor([1.0, 2.0], requires_grad=True)\ny = x * 2\ny.add_(1)\ny[0] = 0.0\nloss = (y * y).sum()",
    "changed_in_place": "x = torch.tensor([1.0, 2.0], requires_grad=True)\ny = x.exp()\ny += 1\nloss = y.sum()",
    "custom_function": """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return 3 * x ** 2 * gradient

x = torch.tensor([1.0, 2.0], requires_grad=True)
loss = Cube.apply(x).sum()
""",
    "none_edge": "x = torch.tensor([1.0, 2.0], requires_grad=True)\nw = torch.tensor([3.0, 4.0])\nb = torch.tensor([5.0, 6.0])\nloss = (x * w + b).sum()",
    "freed_graph": "x = torch.tensor([1.0, 2.0], requires_grad=True)\nloss = (x ** 2).sum()\nloss.backward()\nloss.backward()",
    "shared_module": """\
lin = nn.Linear(2, 2)
with torch.no_grad():
    lin.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    lin.bias.zero_()
model = nn.Sequential(lin, nn.ReLU(), lin)
loss = model(torch.tensor([[1.0, 1.0]])).sum()
""",
    "hooks": """\
def clip(gradient):
    return gradient.clamp(-1, 1)
def after(parameter):
    pass
def seen(sent, received):
    pass
def before(received):
    pass
def of_module(module, sent, received):
    pass
lin = nn.Linear(2, 1, bias=False)
with torch.no_grad():
    lin.weight.copy_(torch.tensor([[1.0, 2.0]]))
lin.register_full_backward_hook(of_module)
x = torch.tensor([[1.0, 2.0]], requires_grad=True)
x.register_hook(clip)
x.register_post_accumulate_grad_hook(after)
y = lin(x)
z = y * 3
z.register_hook(lambda gradient: None)
z.grad_fn.register_hook(seen)
z.grad_fn.register_prehook(before)
z.retain_grad()
loss = z.sum()
""",
    "double_backward": """\
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = (x ** 3).sum()
(g,) = torch.autograd.grad(y, x, create_graph=True)
loss = (g ** 2).sum()
loss
""",
    "chain_of_5000": "y = x = torch.tensor(1.0, requires_grad=True)\nfor _ in range(5_000):\n    y = y * 1.0\ny",
    "checkpoint": """\
from torch.utils.checkpoint import checkpoint
x = torch.tensor([0.0, 1.0], requires_grad=True)
a = checkpoint(lambda v: (v * v).exp(), x, use_reentrant=False)
b = checkpoint(lambda v: v * v, a, use_reentrant=True)
loss = b.sum()
""",
    "several_roots": "x = torch.tensor([1.0, 2.0], requires_grad=True)\na = x * 2\nb = (a * x).sum()\n(a, b)",
    "sparse": """\
table = nn.Embedding(4, 2, sparse=True)
with torch.no_grad():
    table.weight.fill_(1.0)
loss = (table(torch.tensor([1, 1, 3])) * 2).sum()
""",
    "complex": "z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)\nloss = (z * z.conj()).real.sum()",
}
_MOST_LINES = 60
_SHOWN = 12


def shortened(lines: list[str]) -> list[str]:
    """The first and the last lines of many, and how many stand between them."""
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_SHOWN], f"... {len(lines) - 2 * _SHOWN} lines ...", *lines[-_SHOWN:]]


@pytest.mark.parametrize("name", CASES)
def test_graph_is_as_kept(name: str, golden: Callable[[Path, str], None]) -> None:
    code = CASES[name]
    seen = run(code)
    counts = f"{len(seen.graph.nodes)} nodes, {len(seen.graph.edges)} edges"
    lines = [*code.rstrip().splitlines(), "", counts, *shortened(text.write(seen).splitlines())]
    golden(Path("graphs") / f"{name}.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "name", [name for name in CASES if name not in {"freed_graph", "hooks", "checkpoint", "several_roots"}]
)
def test_counts_are_those_of_another_walk(name: str) -> None:
    """The code once more in plain Python, and its graph by a set and a list."""
    scope: dict[str, object] = {"torch": torch, "nn": torch.nn}
    exec(CASES[name], scope)  # our own code
    result = scope.get("loss", scope.get("y"))
    root = (result if isinstance(result, torch.Tensor) else scope["x"].sum()).grad_fn
    nodes, edges, waiting = {root}, 0, [root]
    while waiting:
        for following, _ in waiting.pop().next_functions:
            if following is not None:
                edges += 1
                if following not in nodes:
                    nodes.add(following)
                    waiting.append(following)
    seen = run(CASES[name]).graph
    assert (len(seen.nodes), len(seen.edges)) == (len(nodes), edges)
