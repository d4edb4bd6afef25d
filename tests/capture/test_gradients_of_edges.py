"""Gradients on edges: on random graphs each contribution and their sum, against torch.autograd.grad and a walk of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run

from explorer.capture.recorder import Recorder
from explorer.capture.source import SNIPPET
from explorer.ir import Run, Verify

UNARY = (
    "{a}.sin()",
    "{a} * 2",
    "{a} + {a}",
    "-{a}",
    "{a}.tanh()",
    "{a}.view(2, 2).T.reshape(4)",
    "{a}.chunk(2)",
    "{a}.sort()",
)
BINARY = ("{a} + {b}", "{a} * {b}", "{a} - {b} * 0.5", "torch.stack([{a}, {b}]).mean(0)", "torch.maximum({a}, {b})")


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Straight-line code over vectors of four elements; every variable may be used again, or never."""
    lines = [
        f"v{at} = torch.randn(4, requires_grad={draw(st.booleans()) or at == 0})"
        for at in range(draw(st.integers(1, 3)))
    ]
    count = len(lines)
    for _ in range(draw(st.integers(1, 10))):
        a, b = (f"v{draw(st.integers(0, count - 1))}" for _ in range(2))
        call = draw(st.sampled_from(UNARY + BINARY)).format(a=a, b=b)
        if "chunk" in call:
            lines += [
                f"p{count}, q{count} = {call}",
                f"v{count} = torch.cat([q{count} * 3, {draw(st.sampled_from(['p', 'q']))}{count}])",
            ]
        elif "sort" in call:
            lines.append(f"v{count}, i{count} = {call}")
        else:
            lines.append(f"v{count} = {call}")
        count += 1
    used = sorted({f"v{draw(st.integers(0, count - 1))}" for _ in range(3)} | {"v0", f"v{count - 1}"})
    return "\n".join([*lines, f"loss = ({' + '.join(used)}).sum()"])


def arrays(seen: Run) -> tuple[dict[tuple[int, int], np.ndarray], dict[tuple[int, int], np.ndarray]]:
    """What came in at each (node, output), and the sum of what its edges brought."""
    incoming = {
        (node.id, nr): np.array(gradient.value)
        for node in seen.graph.nodes
        for nr, gradient in enumerate(node.incoming)
        if gradient is not None
    }
    brought: defaultdict[tuple[int, int], Any] = defaultdict(int)
    for edge in seen.graph.edges:
        if edge.gradient is not None:
            brought[edge.target, edge.output_nr] += np.array(edge.gradient.value)
    return incoming, dict(brought)


@settings(max_examples=60, deadline=None)
@given(programs(), st.integers(0, 100))
def test_contributions_add_up_and_are_what_torch_says(code: str, seed: int) -> None:
    seen = run(code, seed=seed)
    assert seen.status == "ok", seen.message
    incoming, brought = arrays(seen)
    root = (seen.graph.roots[0].node, seen.graph.roots[0].output_nr)
    assert set(incoming) == {*brought, root}
    for place, total in brought.items():
        np.testing.assert_allclose(incoming[place], total, rtol=1e-5, atol=1e-6)
    torch.manual_seed(seed)
    scope: dict[str, Any] = {"torch": torch}
    exec(code, scope)  # a text of this test, in plain Python: the oracle
    names = [name for name, value in scope.items() if isinstance(value, torch.Tensor) and value.requires_grad]
    wanted = torch.autograd.grad(scope["loss"], [scope[name] for name in names], allow_unused=True)
    shown = {node.variable: node for node in seen.graph.nodes}
    for name, gradient in zip(names, wanted, strict=True):
        number = scope[name].output_nr
        if gradient is None:
            assert name not in shown or len(shown[name].incoming) <= number or shown[name].incoming[number] is None
        elif name in shown:  # of two outputs of one node it has the name of one
            np.testing.assert_allclose(incoming[shown[name].id, number], gradient.numpy(), rtol=1e-5, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(programs())
def test_edges_are_those_of_another_walk(code: str) -> None:
    """Slots without an edge too: the graph as tuples of (name, slot, name, output_nr), by recursion from a fresh run's result."""
    seen = run(code).graph
    scope: dict[str, Any] = {"torch": torch}
    exec(code, scope)  # a text of this test, in plain Python: the oracle
    expected, slots, known = [], [], set()

    def visit(node: Any) -> None:
        if node in known:
            return
        known.add(node)
        slots.append((type(node).__name__, len(node.next_functions)))
        for slot, (target, output_nr) in enumerate(node.next_functions):
            if target is not None:
                expected.append((type(node).__name__, slot, type(target).__name__, output_nr))
                visit(target)

    visit(scope["loss"].grad_fn)
    names = [node.name for node in seen.nodes]
    shown = [(names[edge.source], edge.slot, names[edge.target], edge.output_nr) for edge in seen.edges]
    assert sorted(shown) == sorted(expected)
    assert sorted((node.name, node.slots) for node in seen.nodes) == sorted(slots)
    assert len(shown) == len({(edge.source, edge.slot) for edge in seen.edges})


@settings(max_examples=40, deadline=None)
@given(programs(), st.integers(0, 100))
def test_gradient_times_input(code: str, seed: int) -> None:
    """Of every leaf and every variable that is the first output of its node: the product of two things torch knows."""
    seen = run(code, seed=seed)
    torch.manual_seed(seed)
    scope: dict[str, Any] = {"torch": torch}
    exec(code, scope)  # a text of this test, in plain Python: the oracle
    names = [name for name, value in scope.items() if isinstance(value, torch.Tensor) and value.requires_grad]
    wanted = torch.autograd.grad(scope["loss"], [scope[name] for name in names], allow_unused=True)
    shown = {node.variable: node for node in seen.graph.nodes}
    for name, gradient in zip(names, wanted, strict=True):
        tensor = scope[name].detach()
        if name in shown and gradient is not None and not scope[name].output_nr:
            product = shown[name].gradient_x_input
            assert product is not None
            assert (product.shape, product.dtype) == (tuple(tensor.shape), "float32")
            np.testing.assert_allclose(np.array(product.value), (gradient * tensor).numpy(), rtol=1e-5, atol=1e-6)
            assert float(product.stats.norm) == pytest.approx(float((gradient * tensor).norm()), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("call", ["loss.backward()", "(g,) = torch.autograd.grad(loss, x)"])
def test_gradient_times_input_of_a_leaf_that_backward_or_grad_reaches(call: str) -> None:
    seen = run(f"x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\nloss = (x ** 2).sum()\n{call}")
    leaf = next(node for node in seen.graph.nodes if node.kind == "leaf")
    assert leaf.gradient_x_input is not None
    assert leaf.gradient_x_input.value == [2.0, 8.0, 18.0]


def test_gradient_times_input_uses_the_value_at_backward_and_only_of_what_is_held() -> None:
    code = "w = torch.tensor([1.0, 2.0], requires_grad=True)\ndef f(v):\n    h = v * 2\n    return h.sum()\nloss = f(w)\nloss.backward()\n"
    seen = run(code + "with torch.no_grad():\n    w.mul_(100)")
    products = {node.name: node.gradient_x_input for node in seen.graph.nodes}
    assert products["MulBackward0"] is None
    assert products["AccumulateGrad"] is not None
    assert products["AccumulateGrad"].value == [2.0, 4.0]
    kept = run("kept = []\n" + code.replace("return h", "h.retain_grad(); kept.append([[[[h]]]]); return h"))
    retained = next(node for node in kept.graph.nodes if node.retains_grad)
    assert retained.gradient_x_input is not None
    assert retained.gradient_x_input.value == [2.0, 4.0]


def test_large_products_have_statistics_and_huge_ones_are_left_out() -> None:
    seen = run(
        "torch.manual_seed(0)\nx = torch.randn(1000, requires_grad=True)\nbig = torch.ones(200, 200, requires_grad=True)\nloss = (x ** 3).sum() + big.sum()"
    )
    products = {node.variable: node.gradient_x_input for node in seen.graph.nodes if node.kind == "leaf"}
    torch.manual_seed(0)
    x = torch.randn(1000)
    assert products["big"] is None
    assert products["x"] is not None
    assert products["x"].value is None
    assert float(products["x"].stats.mean) == pytest.approx(float((3 * x**3).double().mean()), rel=1e-4)


HANDED_OUT = """\
w, b = torch.nn.Parameter(torch.eye(3)), torch.zeros(3, requires_grad=True)
once, matrix = torch.ones(1, 3, requires_grad=True), torch.ones(3, 3, requires_grad=True)
h = once
for _ in range(4):
    h = torch.nn.functional.linear(h, w, b).tanh() + b
loss = (h + matrix.t().reshape(3, 3) + once.view(3).view(1, 3)).sum()
middle = h * 2
more = (middle * middle + middle.sin() + middle).sum()
"""


@pytest.mark.parametrize("verify", ["never", "always"])
def test_gradients_that_are_handed_out_have_the_versions_of_a_bare_run(verify: Verify) -> None:
    """Autograd adds in place to a gradient that nobody holds, which counts; so nothing that becomes one may be held."""
    code = HANDED_OUT + "got = torch.autograd.grad(more, [middle, b], retain_graph=True)\nloss.backward()\n"
    watched, bare = {"torch": torch}, {"torch": torch}
    recorder = Recorder(code, verify=verify)
    with recorder.watching():
        exec(compile(code, SNIPPET, "exec"), watched)  # a text of this test
    exec(code, bare)  # the same without us: the oracle

    def versions(scope: dict[str, Any]) -> list[int]:
        return [one._version for one in (*scope["got"], *(scope[name].grad for name in ("w", "b", "once", "matrix")))]

    assert versions(watched) == versions(bare)
    assert max(versions(bare)) > 1
    recorder.release()


WITH_A_GRADIENT = (
    "x, w = torch.randn(40_000, requires_grad=True), torch.randn(3, requires_grad=True)\ny = (x.exp() * 2).sum() * w\n"
)


@pytest.mark.parametrize(
    "calls",
    [
        "y.sum().backward()",
        "y.sum().backward(retain_graph=True)\ny.sum().backward()",
        "y.sum().backward(inputs=[w])",
        "torch.autograd.backward(y.sum(), None, None, False, None, [x])",
        "x.grad = torch.ones_like(x)\ny.sum().backward()",
        "(y + w).sum().backward()",
        "y.sum().backward(create_graph=True)",
        "(g,) = torch.autograd.grad(y.sum(), [w])",
        "w.backward(torch.ones(3))",
    ],
)
def test_what_a_leaf_was_sent_is_the_same_whether_it_is_read_there_or_as_its_grad(calls: str) -> None:
    """Where nobody listens, it is read as ``.grad`` after the backward, if one edge alone leads there."""
    with_listener, without = (run(WITH_A_GRADIENT + calls, seed=0, verify=verify) for verify in ("always", "never"))
    assert with_listener.status == "ok", with_listener.message
    assert without.graph == with_listener.graph


def test_every_gradient_has_the_shape_of_the_tensor_that_it_belongs_to() -> None:
    """Thousands of gradients come and go, and are known by their ids only while they are held."""
    code = """
import torch
first, second = torch.nn.Linear(16, 16), torch.nn.Linear(16, 16)
state = torch.zeros(1, 16)
for _ in range(60):
    state = torch.tanh(first(torch.randn(1, 16)) + second(state))
loss = state.sum()
"""
    nodes = run(code, result="loss").graph.nodes
    shapes = [(node.incoming[0].shape, node.output.shape) for node in nodes if node.output and node.incoming[0]]
    assert len(shapes) > 240
    assert all(gradient == tensor for gradient, tensor in shapes)
