"""Nodes beyond the plain: of several outputs, without some edges, of custom functions in Python and C++; several results at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from samples import run

from explorer.capture.walk import node_kind, node_name, walk
from explorer.ir import Node, Run


def by_name(seen: Run, name: str) -> Node:
    return next(node for node in seen.graph.nodes if node.name == name)


@pytest.mark.parametrize(
    ("code", "name", "outputs"),
    [
        ("x = torch.randn(3, 2, requires_grad=True)\na, b, c = x.unbind()\nloss = (a * c).sum()", "UnbindBackward0", {0, 2}),
        ("x = torch.randn(6, requires_grad=True)\na, b = x.split(3)\nloss = (a * b).sum()", "SplitBackward0", {0, 1}),
        ("x = torch.randn(6, requires_grad=True)\na, b = x.chunk(2)\nloss = b.sum()", "SplitBackward0", {1}),
        ("x = torch.randn(6, requires_grad=True)\nv, i = x.topk(2)\nloss = v.sum()", "TopkBackward0", {0}),
        ("x = torch.randn(6, 2, requires_grad=True)\nv, i = x.max(dim=0)\nloss = v.sum()", "MaxBackward0", {0}),
        ("x = torch.randn(3, 3, requires_grad=True)\nu, s, v = torch.linalg.svd(x)\nloss = s.sum() + v.abs().sum()", "LinalgSvdBackward0", {1, 2}),
        ("m = nn.LSTM(2, 3)\no, (h, c) = m(torch.randn(4, 1, 2))\nloss = o.sum() + h.sum() + c.sum()", None, {0, 1, 2}),
    ],
)  # fmt: skip
def test_edges_say_which_output(code: str, name: str | None, outputs: set[int]) -> None:
    seen = run(code)
    multiple = max(seen.graph.nodes, key=lambda node: len(node.incoming)) if name is None else by_name(seen, name)
    edges = [edge for edge in seen.graph.edges if edge.target == multiple.id]
    assert {edge.output_nr for edge in edges} == outputs
    for edge in edges:
        sent, got = edge.gradient, multiple.incoming[edge.output_nr]
        assert sent is not None
        assert got is not None
        if [other.output_nr for other in edges].count(edge.output_nr) == 1:
            assert sent.value == got.value


def test_an_input_that_needs_no_gradient_is_a_slot_without_an_edge() -> None:
    seen = run("x = torch.ones(2, 2, requires_grad=True)\nloss = F.linear(torch.ones(1, 2), x, torch.ones(2)).sum()")
    addmm = by_name(seen, "AddmmBackward0")
    assert addmm.slots == 3
    assert [edge.slot for edge in seen.graph.edges if edge.source == addmm.id] == [2]


FUNCTION = """\
class Both(torch.autograd.Function):
    @staticmethod
    def forward({arguments}):
        {saving}return a * b, a + b, 7
    {setup}
    @staticmethod
    {decorator}def backward(ctx, g, h, nothing):
        a, b = ctx.saved_tensors
        return {returned}
class Layer(nn.Module):
    def forward(self, a, b):
        return Both.apply(a, b)
layer = Layer()
a = torch.tensor([1.0, 2.0], requires_grad=True)
b = torch.tensor([3.0, 4.0], requires_grad=True)
p, s, seven = layer(a * 1, b)
loss = (p * 2 + s).sum()
"""
STYLES = {
    "save_for_backward": {"arguments": "ctx, a, b", "saving": "ctx.save_for_backward(a, b); ctx.note = 1; "},
    "setup_context": {
        "arguments": "a, b",
        "setup": "@staticmethod\n    def setup_context(ctx, inputs, output):\n        ctx.save_for_backward(*inputs)",
    },
    "once_differentiable": {
        "arguments": "ctx, a, b",
        "saving": "ctx.save_for_backward(a, b); ",
        "decorator": "@torch.autograd.function.once_differentiable\n    ",
    },
    "none": {"arguments": "ctx, a, b", "saving": "ctx.save_for_backward(a, b); ", "returned": "None, g * a + h"},
}


@pytest.mark.parametrize("style", STYLES)
def test_custom_functions_of_every_style(style: str) -> None:
    plain = {"saving": "", "setup": "", "decorator": "", "returned": "g * b + h, g * a + h"}
    code = FUNCTION.format(**{**plain, **STYLES[style]})
    line = 1 + next(at for at, text in enumerate(code.splitlines()) if "Both.apply" in text)
    seen = run(code)
    assert seen.status == "ok", seen.message
    both = by_name(seen, "BothBackward")
    assert (both.kind, both.module, both.slots, both.line) == ("custom", "layer", 2, line)
    assert [(one.name, one.value, one.alias) for one in both.saved] == [
        ("saved_tensors[0]", [1.0, 2.0], None),
        ("saved_tensors[1]", [3.0, 4.0], "b"),
    ]
    sent = {edge.slot: edge.gradient for edge in seen.graph.edges if edge.source == both.id}
    assert sent[1] is not None
    assert sent[1].value == [3.0, 5.0]
    assert (sent[0] is None) == (style == "none")
    assert [gradient.value for gradient in both.incoming if gradient] == [[2.0, 2.0], [1.0, 1.0]]
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    assert grads["b"] == [3.0, 5.0]
    assert grads["a"] == (None if style == "none" else [7.0, 9.0])


LAZY = """\
import torch
import torch._lazy.ts_backend
from explorer.capture.walk import node_kind, node_name, walk
torch._lazy.ts_backend.init()
x = torch.ones(1, 1, 2, 2, 2, device="lazy", requires_grad=True)
found = walk([torch.nn.functional.max_pool3d(x, 2).grad_fn])
print([(node_name(node), node_kind(node)) for node in found.nodes])
"""


def test_a_custom_function_in_cpp() -> None:
    """Torch brings one along: the max_pool3d of its lazy device, a ``torch::autograd::Function``."""
    done = subprocess.run(
        [sys.executable, "-c", LAZY], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout == "[('MaxPool3dAutogradFunctionTS', 'custom'), ('AccumulateGrad', 'leaf')]\n"


def test_a_node_of_torch_that_has_no_class_in_python_is_no_custom_function() -> None:
    x = torch.zeros(2, requires_grad=True)
    y = x * 1
    y[0] = 3.0
    found = walk([y.grad_fn])
    assert [(node_name(node), node_kind(node)) for node in found.nodes][:2] == [
        ("CopySlices", "operation"),
        ("MulBackward0", "operation"),
    ]


X = "x = torch.tensor([1.0, 2.0], requires_grad=True)\na = x * 2\nb = (a * x).sum()\n"


@pytest.mark.parametrize(
    ("last", "roots", "result"),
    [
        ("(a, b)", ["a", "b"], "(a, b)"),
        ("[a, b.exp()]", ["a", "[a, b.exp()][1]"], "[a, b.exp()]"),
        ("{'loss': b, 'n': 3}", ["b"], "{'loss': b, 'n': 3}"),
        ("(b, torch.ones(2), None, 'text')", ["b"], "(b, torch.ones(2), None, 'text')"),
        ("out = (a, b)\nout", ["a", "b"], "out"),
        ("x.sort()", ["x.sort()[0]"], "x.sort()"),
        ("a, b\nb", ["b"], "b"),
    ],
)
def test_a_result_of_several_tensors(last: str, roots: list[str], result: str) -> None:
    seen = run(X + last)
    assert seen.status == "ok", seen.message
    assert seen.result == result
    assert [root.name for root in seen.graph.roots] == roots


@pytest.mark.parametrize(
    "call",
    ["(a, b)", "torch.autograd.backward([a, b], [torch.ones(2), None])", "(g,) = torch.autograd.grad([a, b], [x], [torch.ones(2), None])"],
)  # fmt: skip
def test_several_results_are_differentiated_at_once(call: str) -> None:
    seen = run(X + call)
    assert seen.status == "ok", seen.message
    leaf = next(node for node in seen.graph.nodes if node.kind == "leaf")
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (expected,) = torch.autograd.grad([(a := x * 2), (a * x).sum()], x, [torch.ones(2), torch.tensor(1.0)])
    assert leaf.incoming[0] is not None
    assert leaf.incoming[0].value == expected.tolist()
    assert [root.name for root in seen.graph.roots] == ["a", "b"]
    assert [node.name for node in seen.graph.nodes][:2] == ["MulBackward0", "SumBackward0"]
    assert seen.result_shape is None


def test_a_module_that_returns_several_tensors() -> None:
    seen = run("m = nn.LSTM(2, 3)\nx = torch.randn(4, 1, 2)\nm(x)")
    assert [root.name for root in seen.graph.roots] == ["m(x)[0]", "m(x)[1][0]", "m(x)[1][1]"]
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(2, 3)
    out, (h, c) = lstm(torch.randn(4, 1, 2))
    (out.sum() + h.sum() + c.sum()).backward()
    shown = next(tensor for tensor in seen.tensors if tensor.name == "m.weight_ih_l0")
    torch.testing.assert_close(torch.tensor(shown.grad), lstm.weight_ih_l0.grad)


def test_what_a_kernel_keeps_room_for_has_no_numbers() -> None:
    """A recurrent kernel fills a part of its workspace; the rest was other numbers in each run."""
    seen = run("m = nn.LSTM(40, 60)\nx = torch.randn(20, 4, 40)\nloss = m(x)[0].sum()")
    node = next(node for node in seen.graph.nodes if node.name == "MkldnnRnnLayerBackward0")
    told = {one.name: one for one in node.saved if one.tensor is not None}
    assert told["result3"].tensor.shape
    assert [name for name, one in told.items() if one.stats is None] == ["result3"]


def test_a_variable_that_holds_tensors_is_taken_where_nothing_else_is() -> None:
    seen = run("x = torch.ones(2, requires_grad=True)\nout = (x * 2, x.sum())")
    assert (seen.result, seen.results) == ("out", ("out",))
    assert len(seen.graph.roots) == 2
    assert run("x = torch.ones(2, requires_grad=True)\ny = x * 2\nout = (y, x.sum())").result == "y"
    asked = run("x = torch.ones(2, requires_grad=True)\ny = x * 2\nout = (y, x.sum())", result="out")
    assert [root.name for root in asked.graph.roots] == ["out[0]", "out[1]"]


def test_a_list_of_parameters_is_no_result() -> None:
    seen = run("m = nn.Linear(2, 1)\nps = list(m.parameters())\nps")
    assert not seen.graph.nodes
    assert seen.sentence is not None
    assert seen.sentence.key == "session.nothing.only_leaves"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("(g,) = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)\nloss = g.sum()", "g"),
        ("y = x.clone()\nv = y[1:]\ny.mul_(2)\nloss = v.sum()", "v"),
    ],
    ids=["made by a backward", "made anew for a view"],
)
def test_a_node_that_no_call_made_has_the_tensor_of_its_variable(lines: str, name: str) -> None:
    seen = run("x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\n" + lines)
    held = next(tensor for tensor in seen.tensors if tensor.name == name)
    assert held.grad_fn is not None
    output = seen.graph.nodes[held.grad_fn].output
    assert output is not None
    assert (output.shape, output.stride, output.storage_offset) == (held.shape, held.stride, held.storage_offset)
    assert (output.storage_id, output.version) == (held.storage_id, held.version)


@pytest.mark.parametrize("write", ["v.mul_(x[0])", "v[0] += x[0]", "v.t_().add_(1)"])
def test_a_node_that_writes_into_a_view_has_the_base(write: str) -> None:
    code = f"x = torch.ones(2, requires_grad=True)\ny = torch.zeros(3, 4) * x[1]\nv = y[1:]\n{write}\nz = y.exp()\nloss = z.sum()"
    seen = run(code)
    assert seen.status == "ok", seen.message
    base = next(tensor for tensor in seen.tensors if tensor.name == "y")
    written = [node for node in seen.graph.nodes if node.name == "CopySlices"]
    assert written
    for node in written:
        assert node.output is not None
        assert (node.output.shape, node.output.storage_id) == ((3, 4), base.storage_id)
