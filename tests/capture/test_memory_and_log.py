"""Storages, statistics, saved tensors, the forward log and modules, against torch's own account of them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run

from explorer.capture.metas import Storages
from explorer.capture.numbers import read_stats, read_values
from explorer.capture.walk import walk
from explorer.ir import Run, Tensor, decode_run, encode


def named(seen: Run, name: str) -> Tensor:
    return next(tensor for tensor in seen.tensors if tensor.name == name)


def test_views_share_a_storage_and_copies_do_not() -> None:
    seen = run("x = torch.arange(6.).reshape(2, 3)\ny = x.T\nz = x[1]\nw = x.clone()")
    x = torch.arange(6.0).reshape(2, 3)
    for name, tensor in (("x", x), ("y", x.T), ("z", x[1]), ("w", x.clone())):
        meta = named(seen, name)
        assert (meta.shape, meta.stride) == (tuple(tensor.shape), tensor.stride())
        assert (meta.storage_offset, meta.is_contiguous) == (tensor.storage_offset(), tensor.is_contiguous())
        assert meta.value == tensor.tolist()
    assert named(seen, "x").storage_id == named(seen, "y").storage_id == named(seen, "z").storage_id
    assert named(seen, "w").storage_id != named(seen, "x").storage_id
    cells = {storage.id: storage.cells for storage in seen.storages}
    assert cells[named(seen, "x").storage_id] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_memory_used_again_is_another_storage() -> None:
    storages = Storages()
    ids = [storages.id_of(torch.ones(1000)) for _ in range(50)]
    storages.release()
    assert len(set(ids)) == 50


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(width=32) | st.just(0.0), min_size=1, max_size=90),
    st.sampled_from([torch.float32, torch.float64]),
    st.integers(1, 4),
)
def test_statistics_equal_torch(values: list[float], dtype: torch.dtype, copies: int) -> None:
    tensor = torch.tensor(values, dtype=dtype).unsqueeze(0).expand(copies, -1)
    stats = read_stats(tensor)
    flat = tensor.double().flatten()
    finite = flat[flat.isfinite()]
    assert stats is not None
    assert stats.numel == flat.numel()
    assert (stats.nans, stats.infs) == (int(flat.isnan().sum()), int(flat.isinf().sum()))
    assert stats.zeros == int((flat == 0).sum())
    assert float(stats.norm) == pytest.approx(float(flat.norm()), rel=1e-6, nan_ok=True)
    if finite.numel():
        assert (stats.min, stats.max) == (float(finite.min()), float(finite.max()))
        size = float(finite.abs().max())
        assert stats.mean == pytest.approx(float(finite.mean()), rel=1e-9, abs=1e-12 * size)
        assert stats.std == pytest.approx(float(finite.std(correction=0)), rel=1e-6, abs=1e-7 * size)
    else:
        assert stats.min is stats.max is stats.mean is stats.std is None


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_statistics_of_many_elements(offset: float) -> None:
    tensor = torch.randn(300, 700, dtype=torch.float64).T + offset
    tensor[3, 4] = float("nan")
    tensor[5, 6] = float("-inf")
    tensor[7, :5] = 0.0
    stats = read_stats(tensor)
    finite = tensor[tensor.isfinite()]
    assert stats is not None
    assert (stats.norm, stats.nans, stats.infs, stats.zeros) == ("NaN", 1, 1, 5)
    assert stats.mean == pytest.approx(float(finite.mean()))
    assert stats.std == pytest.approx(float(finite.std(correction=0)), rel=1e-9)


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (torch.tensor([True, False]), [True, False]),
        (torch.tensor([1, 2]), [1, 2]),
        (torch.tensor([1 + 2j]), ["1+2j"]),
        (torch.tensor([float("nan"), float("inf")]), ["NaN", "Infinity"]),
        (torch.zeros(65), None),
        (torch.zeros(2, device="meta"), None),
        (torch.eye(2).to_sparse(), None),
        (torch.zeros(0, 3), []),
    ],
)
def test_values_are_written_as_json_can_hold_them(tensor: torch.Tensor, expected: object) -> None:
    assert read_values(tensor) == expected


def test_saved_tensors_are_read_before_backward_and_know_their_variable() -> None:
    seen = run("x = torch.tensor(2.0, requires_grad=True)\ny = x ** 3\ne = y.exp()\ne.backward()")
    saved = {node.name: {one.name: one for one in node.saved} for node in seen.graph.nodes}
    assert saved["PowBackward0"]["self"].value == 2.0
    assert saved["PowBackward0"]["self"].alias == "x"
    assert saved["PowBackward0"]["exponent"].text == "3"
    assert saved["ExpBackward0"]["result"].alias == "e"
    assert saved["ExpBackward0"]["result"].nbytes == 4


def test_forward_log_gives_the_exact_piece_of_source() -> None:
    code = "x = torch.ones(2, requires_grad=True)\n한글 = x * 3; z = (한글 ** 2).sum()\nz += 1\n"
    seen = run(code)
    lines = code.splitlines()
    pieces = {op.name: op for op in seen.ops}
    assert [op.name for op in seen.ops] == ["ones", "mul", "pow", "sum", "add_"]
    for op in seen.ops:
        assert lines[op.line - 1][op.column : op.end_column] == op.text
    assert pieces["pow"].text == "한글 ** 2"
    assert pieces["pow"].input_names == ("한글",)
    assert pieces["add_"].in_place
    assert not pieces["mul"].in_place
    for op in seen.ops[1:]:
        assert seen.graph.nodes[op.grad_fn].op == op.index


def test_inputs_are_called_by_what_holds_them_at_each_call() -> None:
    code = """\
first, second = torch.ones(2), torch.ones(2)
def calls(a, b):
    for at in range(3):
        torch.addcmul(a, b, first if at == 0 else a + 1)
        a, b = (b, a) if at == 0 else (b, b)
calls(first, second)
"""
    names = [op.input_names for op in run(code).ops if op.name == "addcmul"]
    assert names == [("a", "b", "a"), ("a", "b", None), ("a", "a", None)]


def test_every_node_of_a_kernel_belongs_to_its_call_and_module() -> None:
    seen = run(
        """\
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)
    def forward(self, x):
        return F.gelu(self.linear(x))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
    def forward(self, x):
        return self.block(self.block(x))
model = Net()
loss = F.cross_entropy(model(torch.randn(2, 3)), torch.tensor([0, 1]))
"""
    )
    inside = [(node.name, node.module, node.call, node.line) for node in seen.graph.nodes if node.kind == "operation"]
    assert ("GeluBackward0", "model.block", 0, 6) in inside
    assert ("GeluBackward0", "model.block", 1, 6) in inside
    assert ("AddmmBackward0", "model.block.linear", 1, 6) in inside
    assert {line for name, _, _, line in inside if "Nll" in name or "LogSoftmax" in name} == {14}
    leaves = {node.variable for node in seen.graph.nodes if node.kind == "leaf"}
    assert leaves == {"model.block.linear.weight", "model.block.linear.bias"}


def test_edges_are_next_functions() -> None:
    x = torch.ones(3, requires_grad=True)
    a, b, c = x.unbind()
    root = (a * b + c).grad_fn
    found = walk([root])
    for source, slot, target, output_nr in found.edges:
        assert found.nodes[source].next_functions[slot] == (found.nodes[target], output_nr)
    count = sum(1 for node in found.nodes for target, _ in node.next_functions if target is not None)
    assert len(found.edges) == count
    assert sorted(
        number for _, _, target, number in found.edges if found.nodes[target].name() == "UnbindBackward0"
    ) == [0, 1, 2]


@pytest.mark.parametrize("shortcut", [False, True])
def test_a_chain_deeper_than_the_stack_is_walked_and_freed(shortcut: bool) -> None:
    y = half = torch.ones(1, requires_grad=True)
    for step in range(120_000):
        y = y + 1
        half = y if step == 60_000 else half
    loss = (y + half if shortcut else y).sum()
    found = walk([loss.grad_fn])
    assert len(found.nodes) == 120_002 + shortcut
    del y, half, loss
    found.release()
    assert not found.nodes


def test_a_walk_ends_where_it_is_told_to() -> None:
    y = torch.ones(1, requires_grad=True)
    for _ in range(20):
        y = y * 2
    found = walk([y.grad_fn], most=10)
    assert found.cut
    assert len(found.nodes) == 10
    assert all(target < 10 for _, _, target, _ in found.edges)


@pytest.mark.parametrize("nbytes", [0, 8])
def test_a_tensor_whose_memory_was_made_smaller_is_told_without_its_numbers(nbytes: int) -> None:
    code = "x = torch.ones(4, requires_grad=True)\ny = (x * 2).sum()\nz = torch.ones(100)\nv = z[50:]\nw = z[:2]\n"
    seen = run(f"{code}z.untyped_storage().resize_({nbytes})\ny.backward()")
    told = {one.name: one for one in seen.tensors}
    assert seen.status == "ok"
    assert told["x"].grad == [2.0, 2.0, 2.0, 2.0]
    for name in ("z", "v"):
        assert (told[name].storage_nbytes, told[name].value, told[name].value_stats) == (nbytes, None, None)
    assert told["w"].value == ([1.0, 1.0] if nbytes else None)


def test_named_elements_of_lists_and_dicts() -> None:
    seen = run(
        "x = torch.ones(2, requires_grad=True)\nh = [x * i for i in range(2)]\nd = {'k': x + 1}\nloss = (h[1] + d['k']).sum()"
    )
    assert {"h[0]", "h[1]", "d['k']", "x", "loss"} == {tensor.name for tensor in seen.tensors}
    assert "h[1]" in {node.variable for node in seen.graph.nodes}


@pytest.mark.parametrize(
    "code",
    [
        "x = torch.eye(3).to_sparse().requires_grad_()\ny = (x * 2).to_dense().sum()",
        "x = torch.ones(3, device='meta', requires_grad=True)\ny = x * 2",
        "x = torch.tensor(1 + 2j, requires_grad=True)\ny = x * x",
        "x = torch.ones(3, requires_grad=True)\ny = torch.vmap(lambda a: a * 2)(x).sum()",
        "x = torch.ones(3)\ng = torch.func.grad(lambda a: (a ** 2).sum())(x)",
        "x = torch.ones(3)\nh = torch.vmap(torch.func.grad(torch.func.grad(lambda a: a ** 3)))(x)",
        "x = torch.ones(3)\nj = torch.func.jacrev(lambda a: torch.stack([a[0] * a[1], a[2].sin()]))(x)",
        "x = torch.ones(3, requires_grad=True)\nj = torch.func.jacrev(lambda a: a ** 2)(x)\n(j.sum() * x).sum().backward()",
        "x = torch.ones(3)\nh = torch.func.hessian(lambda a: (a ** 3).sum())(x)",
        "class T(torch.Tensor):\n    pass\nx = torch.ones(3, requires_grad=True).as_subclass(T)\ny = (x * 2).sum()",
        "x = torch.ones(3, requires_grad=True)\nj = torch.autograd.functional.jacobian(lambda a: a ** 2, x)",
        "with torch.inference_mode():\n    x = torch.ones(2)\nz = torch.ones(1, requires_grad=True) * 2",
        "m = nn.Linear(2, 2)\nwith torch.autocast('cpu', dtype=torch.bfloat16):\n    y = m(torch.ones(1, 2)).sum()",
        "y = torch.ones(0, 3, requires_grad=True).sum()",
        "x = torch.zeros(4, requires_grad=True)\ny = x * 1\nv = y[1:3]\nv.mul_(2)\nz = y.sum()",
    ],
)
def test_unusual_tensors_do_not_stop_a_run(code: str) -> None:
    seen = run(code)
    assert seen.status == "ok", seen.message
    assert decode_run(encode(seen)) == seen


def test_hooks_of_the_user_run_once_and_are_seen() -> None:
    seen = run(
        "x = torch.ones(2, requires_grad=True)\ny = x * 2\ny.register_hook(lambda g: print('hook') or g * 10)\nz = y.sum()"
    )
    assert seen.stdout == "hook\n"
    assert named(seen, "x").grad == [20.0, 20.0]
    mul = next(node for node in seen.graph.nodes if node.variable == "y")
    assert mul.incoming[0].value == [10.0, 10.0]


def test_nothing_stays_patched() -> None:
    before = (torch.autograd.backward, torch.autograd.grad, torch.autograd.Function.__dict__["apply"])
    run("(x + y) * w")
    run("raise ValueError('no')")
    assert before == (torch.autograd.backward, torch.autograd.grad, torch.autograd.Function.__dict__["apply"])
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool]
)
@pytest.mark.parametrize("count", [65, 70_000])
def test_statistics_of_many_elements_of_every_dtype(dtype: torch.dtype, count: int) -> None:
    torch.manual_seed(0)
    tensor = (torch.randn(count) * 3).relu().to(dtype)
    stats, double = read_stats(tensor), tensor.double()
    assert stats is not None
    assert (stats.numel, stats.zeros, stats.nans, stats.infs) == (count, int((tensor == 0).sum()), 0, 0)
    assert (stats.min, stats.max) == (float(double.min()), float(double.max()))
    rounded = count == 70_000 and dtype in (torch.float16, torch.bfloat16, torch.float32)
    assert stats.norm == pytest.approx(float(double.norm()), rel=1e-6 if rounded else 1e-12)
    assert stats.mean == pytest.approx(float(double.mean()), rel=1e-6 if rounded else 1e-12)
    assert stats.std == pytest.approx(float(double.std(correction=0)), rel=1e-6 if rounded else 1e-9)


def test_what_a_step_changes_afterwards_is_shown_as_it_was_at_backward() -> None:
    """Numbers are copied before backward and summed up at the end: neither the optimizer nor .data may reach the copies."""
    seen = run(
        "w = torch.full((100,), 2.0, requires_grad=True)\ny = (w * w).sum()\ny.backward()\nw.data.zero_()\nw.grad.zero_()"
    )
    saved = next(one for node in seen.graph.nodes if node.name == "MulBackward0" for one in node.saved)
    leaf = next(node for node in seen.graph.nodes if node.kind == "leaf")
    assert saved.stats is not None
    assert saved.stats.max == 2.0
    assert leaf.incoming[0] is not None
    assert leaf.incoming[0].stats.max == 4.0
    w = named(seen, "w")
    assert w.value_stats is not None
    assert w.grad_stats is not None
    assert (w.value_stats.max, w.grad_stats.max) == (0.0, 0.0)


def test_variables_come_in_the_order_of_the_code_and_parameters_in_that_of_their_model() -> None:
    assert [tensor.name for tensor in run("(x + y) * w").tensors] == ["x", "y", "w", "(x + y) * w"]
    seen = run(
        "m = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))\nb = torch.ones(2)\na = torch.ones(2)\n"
        "for p in m.parameters(): pass\nq = nn.Parameter(torch.ones(1))\nloss = m(a + b) * q"
    )
    expected = ["b", "a", "q", "loss", "m.0.weight", "m.0.bias", "m.1.weight", "m.1.bias", "p"]
    assert [tensor.name for tensor in seen.tensors] == expected
