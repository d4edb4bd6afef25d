"""Operators, dispatch keys and kernels of each call, against torch's profiler, a ``TorchDispatchMode`` and torch's own tables."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run
from torch._C._profiler import _ExperimentalConfig
from torch.utils._python_dispatch import TorchDispatchMode

from explorer.capture.metas import Storages
from explorer.capture.operators import OperatorLog
from explorer.ir import Operator, Run, RunRequest, decode_run, encode
from explorer.runner import shared_engine

HEAD = "import torch, torch.nn as nn, torch.nn.functional as F\n"
SETUP = """
x = torch.randn(4, 6, requires_grad=True)
y = torch.randn(4, 6, requires_grad=True)
w = torch.randn(3, 6, requires_grad=True)
b = torch.randn(3)
i = torch.tensor([0, 2])
z = torch.tensor(2.0)
images = torch.randn(2, 3, 8, 8, requires_grad=True)
kernel = torch.randn(4, 3, 3, 3, requires_grad=True)
sequence = torch.randn(7, 2, 6)
heads = torch.randn(1, 2, 4, 8, requires_grad=True)
cell = nn.LSTM(6, 5)
data = torch.zeros(4, 6)
mask = torch.eye(4, 6) > 0
complex_ = torch.complex(torch.ones(2), torch.ones(2))
meta = torch.empty(2, 3, device="meta")
"""

CALLS = """
x + y | x + 1 | 1 - x | x * y | x * 2 | 2 * x | x * z | x / 2 | x ** 2 | 2 ** x | x ** z | x % 2 | -x | x > 0 | x == y
x @ y.T | torch.matmul(x[None], y.T[None]) | F.linear(x, w) | F.linear(x, w, b) | F.linear(sequence, w, b)
F.conv2d(images, kernel, padding=1) | F.conv2d(images, kernel, padding="same") | F.batch_norm(images, torch.zeros(3), torch.ones(3), training=True)
F.layer_norm(x, (6,)) | F.group_norm(images, 3) | F.cross_entropy(x, torch.tensor([1, 2, 3, 0])) | F.mse_loss(x, y)
F.binary_cross_entropy_with_logits(x, y) | F.huber_loss(x, y) | (x * 1).relu_() | torch.tanh(x) | F.gelu(x) | F.softmax(x, 1) | x.log_softmax(1)
x.view(6, 4) | x.view(torch.int32) | x.T.reshape(24) | x.transpose(0, 1) | x.T | x.t() | x.permute(1, 0) | x.squeeze(0) | x.unsqueeze(0) | x.flatten()
torch.cat([x, y]) | torch.stack([x, y]) | x.split(2) | x.chunk(2) | x.unbind() | F.embedding(torch.tensor([1, 2]), w) | cell(sequence)
F.scaled_dot_product_attention(heads, heads, heads) | x[0] | x[0:2, 1] | x[..., None] | x[i] | x[mask] | x.gather(1, torch.zeros(4, 1, dtype=torch.long))
x.sum() | x.sum(0) | x.mean() | x.mean(1, keepdim=True) | x.std() | x.std(0) | x.var(1) | x.norm() | x.max() | x.max(1) | x.logsumexp(1) | x.cumsum(0)
x.clamp(0) | torch.where(mask, x, 0.0) | torch.where(mask, x, y) | x.masked_fill(mask, 0.0) | x.topk(2) | x.sort() | torch.einsum("ij,kj->ik", x, y)
F.max_pool2d(images, 2) | F.adaptive_avg_pool2d(images, 1) | F.interpolate(images, scale_factor=2) | F.pad(images, (1, 1, 1, 1)) | F.dropout(x)
torch.linalg.inv(x @ y.T) | torch.linalg.svd(x) | torch.cdist(x, y) | torch.fft.fft(x) | x.to(torch.float64) | x.double() | x.clone() | x.detach()
complex_ * complex_ | complex_.conj() * complex_ | complex_.abs() | i + 1 | i * 2 | i // 2 | 2 - i | mask & mask | ~mask | meta * 2 | meta @ meta.T | meta.sum()
torch.randn(3) | torch.zeros(3) | torch.arange(3) | torch.ones_like(x) | torch.zeros(2, device="meta") | torch.tensor([1.0])
"""
EXPRESSIONS = [call.strip() for line in CALLS.strip().splitlines() for call in line.split("|")]
STATEMENTS = [
    "data += 1",
    "data -= x.detach()",
    "data[0] = 1",
    "data[mask] = 0",
    "data.add_(1)",
    "data.zero_()",
    "data.mul_(data)",
]


def names_of() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(HEAD + SETUP, names)  # this test's own code, in plain Python
    return names


def of(seen: Run, index: int) -> list[Operator]:
    """The operators of one call."""
    return [seen.operators[at] for at in seen.ops[index].operators]


def last(seen: Run) -> list[Operator]:
    """The operators of the last call."""
    assert seen.status == "ok", seen.message
    return of(seen, -1)


def profiled(call: Callable[[], Any]) -> list[str]:
    """Every operator of a call with its overload, as torch's profiler tells it."""
    config = _ExperimentalConfig(capture_overload_names=True)
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], experimental_config=config, acc_events=True
    ) as profile:
        call()
    events = [event for event in profile.profiler.kineto_results.events() if "::" in event.name()]
    return [f"{event.name()}.{event.overload_name()}".rstrip(".") for event in events]


class Seen(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(func.name())
        return func(*args, **(kwargs or {}))


def in_order(found: list[Operator], expected: list[str]) -> bool:
    """Whether what was found is a part of what was expected, in the same order; an overload may be unknown."""
    rest = iter(expected)
    return all(any(operator.name in (name, bare(operator, name)) for name in rest) for operator in found)


def bare(operator: Operator, name: str) -> str:
    return name.partition(".")[0] if operator.schema is None else name


ALIASES = (
    "Autograd",
    "CompositeImplicitAutograd",
    "CompositeExplicitAutograd",
    "CompositeExplicitAutogradNonFunctional",
)


def is_registered(operator: str, key: str) -> bool:
    """Whether a kernel was registered for the key itself, or for an alias that stands for it."""
    dispatcher: Any = torch._C
    parsed = dispatcher._dispatch_key_parse(key)
    names = [key] + [
        name
        for name in ALIASES
        if dispatcher._dispatch_is_included_in_alias(parsed, dispatcher._dispatch_key_parse(name))
    ]
    return any(dispatcher._dispatch_has_kernel_for_dispatch_key(operator, name) for name in names)


@pytest.mark.parametrize("call", EXPRESSIONS + STATEMENTS)
def test_operators_are_those_that_torchs_profiler_and_a_dispatch_mode_see(call: str) -> None:
    seen = run(f"{HEAD}{SETUP}{call}")
    line = max(op.line for op in seen.ops if op.line)
    told = [operator for op in seen.ops if op.line == line for operator in of(seen, op.index)]
    code = compile(call, "<call>", "exec")
    names = names_of()
    expected = profiled(lambda: exec(code, names))  # one of this file's calls, as above
    assert in_order(last(seen), expected)

    mode, names = Seen(), names_of()
    with mode:
        exec(code, names)  # the same
    unseen = {"aten::detach"}  # a dispatch mode makes autograd detach what it saves
    if "conj" in call:
        unseen |= {"aten::clone"}  # and the fallback of the key Conjugate is no composite kernel
    assert set(mode.names) - unseen <= {operator.name for operator in told}


@pytest.mark.parametrize("call", EXPRESSIONS + STATEMENTS)
def test_keys_and_kernels_are_those_of_torchs_tables(call: str) -> None:
    dispatcher: Any = torch._C
    for operator in last(run(f"{HEAD}{SETUP}{call}")):
        for key in operator.keys:
            assert dispatcher._dispatch_has_computed_kernel_for_dispatch_key(operator.name, key)
            assert is_registered(operator.name, key) or key == "Conjugate"
        if operator.kernel:
            assert operator.kernel in operator.keys or operator.kernel.startswith("Composite")
            assert dispatcher._dispatch_has_kernel_for_dispatch_key(operator.name, operator.kernel)
        if operator.schema is not None:
            schema = dispatcher._get_schema(*(*operator.name.split("."), "")[:2])
            assert str(schema) == f"aten::{operator.schema}"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("x * y", [("aten::mul.Tensor", "AutogradCPU CPU", "CPU")]),
        ("x * 2", [("aten::mul.Tensor", "AutogradCPU CPU", "CPU")]),
        ("x ** 2", [("aten::pow.Tensor_Scalar", "AutogradCPU CPU", "CPU")]),
        ("meta * 2", [("aten::mul.Tensor", "AutogradMeta Meta", "Meta")]),
        ("data += 1", [("aten::add_.Tensor", "AutogradCPU ADInplaceOrView CPU", "CPU")]),
        ("x.view(6, 4)", [("aten::view", "AutogradCPU ADInplaceOrView CPU", "CPU")]),
        (
            "F.linear(x, w, b)",
            [
                ("aten::linear", "AutogradCPU", "CompositeImplicitAutograd"),
                ("aten::t", "AutogradCPU ADInplaceOrView CPU", "CompositeExplicitAutograd"),
                ("aten::transpose.int", "CPU", "CompositeExplicitAutograd"),
                ("aten::as_strided", "CPU", "CPU"),
                ("aten::addmm", "AutogradCPU CPU", "CPU"),
            ],
        ),
        (
            "x.sum()",
            [("aten::sum", "AutogradCPU CPU", "CompositeExplicitAutograd"), ("aten::sum.dim_IntList", "CPU", "CPU")],
        ),
        (
            "torch.zeros(3)",
            [
                ("aten::zeros", "BackendSelect CPU", "CompositeExplicitAutograd"),
                ("aten::empty.memory_format", "BackendSelect CPU", "CPU"),
                ("aten::zero_", "CPU", "CPU"),
            ],
        ),
        ("complex_.conj() * complex_", [("aten::mul.Tensor", "AutogradCPU Conjugate CPU", "CPU")]),
    ],
)
def test_layers_of_a_call(call: str, expected: list[tuple[str, str, str]]) -> None:
    found = last(run(f"{HEAD}{SETUP}{call}"))
    assert [(one.name, " ".join(one.keys), one.kernel) for one in found] == expected


def test_modes_of_a_thread_decide_the_keys() -> None:
    code = f"{HEAD}{SETUP}with torch.inference_mode():\n    p = x * y\nwith torch.autocast('cpu', dtype=torch.bfloat16):\n    q = F.linear(x, w)"
    seen = run(code)
    inference = next(op for op in seen.ops if op.text == "x * y")
    assert [one.keys for one in of(seen, inference.index)] == [("CPU",)]
    names = [(one.name, one.kernel) for one in last(seen)]
    assert names[0] == ("aten::linear", "AutocastCPU")
    assert ("aten::linear", "CompositeImplicitAutograd") in names
    assert names[-1] == ("aten::mm", "CPU")
    assert next(one for one in last(seen) if one.name == "aten::mm").keys == ("AutogradCPU", "CPU")


def test_calls_of_a_kind_share_their_operators() -> None:
    seen = run(f"{HEAD}x = torch.ones(2, requires_grad=True)\nfor i in range(50):\n    x = x * 2")
    assert {op.operators for op in seen.ops if op.name == "mul"} == {(len(seen.operators) - 1,)}
    assert len(set(seen.operators)) == len(seen.operators)
    assert decode_run(encode(seen)) == seen


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x.sum()", "x.sum(0)"),
        ("x[0]", "x[:, 0:1]"),
        ("x * 2", "complex_ * meta.shape[0]"),
        ("F.dropout(x, 0.5, True)", "F.dropout(x, 0.5, False)"),
        ("F.dropout(x, training=True)", "F.dropout(x, training=False)"),
        ("F.mse_loss(x, y)", "F.mse_loss(x, y, reduction='sum')"),
        ("torch.zeros(2)", "torch.zeros(2, device='meta')"),
    ],
)
def test_calls_of_different_kinds_do_not_share(first: str, second: str) -> None:
    together = run(f"{HEAD}{SETUP}p = {first}\nq = {second}")
    alone = run(f"{HEAD}{SETUP}q = {second}")
    assert last(together) == last(alone)


def test_calls_at_one_place_are_told_as_those_at_places_of_their_own() -> None:
    usual = ["(x, y)"] * 3
    others = ["(x, x)", "(x, 2)", "(x, True)", "(x, data)", "(data, data)", "(data, mask)", "(x.T, y.T)", "(x, z)"]
    others += [
        "(meta, meta)",
        "(meta, 2)",
        "(complex_, complex_.conj())",
        "(i, i)",
        "(x[0], y[0])",
        "(nn.Parameter(x), y)",
    ]
    given = [one for other in others for one in (*usual, *[other] * 3)]
    setup = f"{HEAD}{SETUP}given = [{', '.join(given)}]\n"
    together = run(f"{setup}for one in given:\n    torch.mul(*one)")
    apart = run(setup + "\n".join(f"torch.mul(*given[{at}])" for at in range(len(given))))
    assert together.status == apart.status == "ok"
    assert [of(together, at) for at in range(-len(given), 0)] == [of(apart, at) for at in range(-len(given), 0)]
    assert len({op.operators for op in together.ops[-len(given) :]}) > 1


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans())
def test_operators_of_matmul_by_shape(left: int, right: int, grad: bool, bias: bool) -> None:
    rows = (2, 3, 2, 4)[-left:]
    columns = (2, 3, 4, 2)[-right:] if right > 1 else (4,)
    setup = f"a = torch.randn({rows}, requires_grad={grad})\nc = torch.randn({columns})\nd = torch.randn(5, 4)\ne = torch.randn(5)\n"
    call = "F.linear(a, d, e)" if bias else "a @ c"
    names: dict[str, Any] = {}
    exec(HEAD + setup, names)
    expected = profiled(lambda: eval(call, names))
    found = last(run(f"{HEAD}{setup}{call}"))
    assert found[0].name == expected[0]
    assert in_order(found, expected)
    assert "CPU" in {one.kernel for one in found}


ODD = {
    "vmap": "g = torch.vmap(lambda a: a * 2)(x)",
    "functorch": "g = torch.func.grad(lambda a: (a * a).sum())(x)",
    "checkpoint": "from torch.utils.checkpoint import checkpoint\ng = checkpoint(lambda a: a.sin().cos(), x, use_reentrant=False).sum()",
    "sparse": "g = torch.eye(3).to_sparse() @ torch.ones(3, 2)",
    "inference": "with torch.inference_mode():\n    g = torch.ones(2) * 2",
    "nested call": "class F2(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, a):\n        return a * 2\n    @staticmethod\n    def backward(ctx, g):\n        return g * 2\ng = F2.apply(x).sum()",
}


@pytest.mark.parametrize("code", ODD.values(), ids=ODD)
def test_what_is_odd_runs_as_it_does_without_capture(code: str) -> None:
    seen = run(f"{HEAD}torch.manual_seed(0)\nx = torch.randn(3, requires_grad=True)\n{code}")
    assert seen.status == "ok", seen.message
    names: dict[str, Any] = {}
    exec(f"{HEAD}torch.manual_seed(0)\nx = torch.randn(3, requires_grad=True)\n{code}", names)
    shown = next(tensor for tensor in seen.tensors if tensor.name == "g")
    assert shown.value == names["g"].tolist()


def test_a_custom_function_is_no_operator_but_what_it_calls_is() -> None:
    seen = run(f"{HEAD}x = torch.ones(3, requires_grad=True)\n{ODD['nested call']}")
    calls = {op.name: [one.name for one in of(seen, op.index)] for op in seen.ops}
    assert calls["F2"] == []
    assert calls["mul"] == ["aten::mul.Tensor"]


def test_a_call_that_raises_leaves_no_profiler_behind() -> None:
    seen = run(f"{HEAD}x = torch.ones(2, 3)\ny = x @ x")
    assert seen.status == "error"
    assert not torch.autograd._profiler_enabled()  # type: ignore[attr-defined]


def test_the_profiler_of_another_is_left_alone() -> None:
    with torch.autograd.profiler.profile(use_kineto=False) as profile:
        seen = run(f"{HEAD}x = torch.ones(2)\ny = x * 2")
    assert seen.status == "ok"
    assert all(not op.operators for op in seen.ops)
    assert "aten::mul" in {event.name for event in profile.function_events}


def test_modes_and_subclasses_with_a_dispatch_of_their_own_are_left_alone() -> None:
    log, x = OperatorLog(Storages()), torch.ones(2)
    with Seen() as mode:
        assert log.meet(torch.mul, (x, 2), {}, [x], {}) == ((), None)
        torch.mul(x, 2)
    assert mode.names == ["aten::mul.Tensor"]
    assert log.meet(torch.mul, (x, 2), {}, [x], {})[1] is not None
    assert torch.autograd._disable_profiler_legacy()  # type: ignore[attr-defined]

    def mapped(a: torch.Tensor) -> torch.Tensor:
        assert log.meet(torch.sin, (a,), {}, [a], {}) == ((), None)
        return a

    torch.vmap(mapped)(x)


def test_sequence_numbers_and_results_stay_as_they_are() -> None:
    code = f"{HEAD}torch.manual_seed(3)\n{SETUP}loss = F.cross_entropy(F.linear(F.dropout(x), w, b) * 2, torch.tensor([0, 1, 2, 0]))"
    seen = run(code, seed=3)
    names: dict[str, Any] = {}
    exec(code, names)
    names["loss"].backward()
    order: list[tuple[int, str]] = []
    stack, known = [names["loss"].grad_fn], set()
    while stack:
        node = stack.pop()
        if node is not None and node not in known:
            known.add(node)
            if "Accumulate" not in node.name():
                order.append((node._sequence_nr(), node.name()))
            stack.extend(inner for inner, _ in node.next_functions)
    first = min(order)[0]
    base = min(node.sequence_nr for node in seen.graph.nodes if node.sequence_nr is not None)
    told = [(node.sequence_nr - base, node.name) for node in seen.graph.nodes if node.sequence_nr is not None]
    assert sorted(told) == sorted((number - first, name) for number, name in order)
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    assert grads["x"] == names["x"].grad.tolist()
    assert grads["w"] == names["w"].grad.tolist()


def test_two_threads_at_once() -> None:
    def one(count: int) -> list[tuple[str, ...]]:
        log, x, found = OperatorLog(Storages()), torch.ones(count), []
        for func in (torch.sin, torch.cos, torch.exp) * count:
            known, watch = log.meet(func, (x,), {}, [x], {})
            func(x)
            if watch is not None:
                watch.end()
                known = log.keep(watch, func.__name__, (x,), {}, [x])
            found.append(tuple(log.records[at].name for at in known))
        return found

    with ThreadPoolExecutor(2) as pool:
        for count, found in zip((20, 30), pool.map(one, (20, 30)), strict=True):
            assert found == [("aten::sin",), ("aten::cos",), ("aten::exp",)] * count


def test_operators_inside_the_wall() -> None:
    seen = shared_engine().run(RunRequest(code=f"{HEAD}{SETUP}F.linear(x, w, b)"))
    assert last(seen)[0].name == "aten::linear"
    assert last(seen) == last(run(f"{HEAD}{SETUP}F.linear(x, w, b)"))
