"""Bases of views, version counters and places of calls, against ``_base``, ``_version`` and Python's own parser."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run

from explorer.ir import Op, Run, View

HEAD = "import torch, torch.nn as nn, torch.nn.functional as F\n"


def call(seen: Run, text: str) -> Op:
    assert seen.status == "ok", seen.message
    return next(op for op in seen.ops if op.text == text)


def test_a_view_tells_its_base() -> None:
    seen = run(f"{HEAD}x = torch.arange(6.)\ny = x.view(2, 3)\nz = y.T\nw = z[0]\nc = x.clone()")
    assert call(seen, "x.view(2, 3)").views == (View(output=0, shape=(6,), input=0, name="x"),)
    assert call(seen, "y.T").views == (View(output=0, shape=(6,), name="x"),)
    assert call(seen, "z[0]").views == (View(output=0, shape=(6,), name="x"),)
    assert call(seen, "x.clone()").views == ()


def test_every_output_of_a_call_has_its_base() -> None:
    seen = run(f"{HEAD}x = torch.zeros(4, 2, requires_grad=True)\ny = x * 1\na, b = y.split(2)")
    expected = tuple(View(output=at, shape=(4, 2), input=0, name="y") for at in range(2))
    assert call(seen, "y.split(2)").views == expected


def test_a_base_that_no_variable_holds_has_no_name() -> None:
    seen = run(f"{HEAD}x = torch.zeros(4, requires_grad=True)\nv = (x * 2)[1:3]")
    assert call(seen, "(x * 2)[1:3]").views == (View(output=0, shape=(4,), input=0),)


def test_a_base_that_is_not_the_first_input() -> None:
    seen = run(
        f"{HEAD}x = torch.zeros(2, 3)\ns = torch.zeros(3, 2)\nk = torch.ones(1, 3)\nv = s.T\ne = v.expand_as(x)\nb = torch.broadcast_tensors(torch.ones(2, 1), k)"
    )
    assert call(seen, "v.expand_as(x)").views == (View(output=0, shape=(3, 2), name="s"),)
    both = call(seen, "torch.broadcast_tensors(torch.ones(2, 1), k)")
    assert [(view.output, view.input, view.shape) for view in both.views] == [(0, 0, (2, 1)), (1, 1, (1, 3))]


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        ("x += 1", "x += 1", (1,)),
        ("x.add_(y)", "x.add_(y)", (1, 0)),
        ("x[0] = 1", "x[0]", (1,)),
        ("x[0] = y[0]", "x[0]", (1, 0)),
        ("x.zero_()", "x.zero_()", (1,)),
        ("torch.add(y, 1, out=x)", "torch.add(y, 1, out=x)", (0, 1)),
        ("nn.init.ones_(x)", "nn.init.ones_(x)", (1,)),
        ("F.relu_(x)", "F.relu_(x)", (1,)),
        ("z = x + y", "x + y", ()),
        ("z = x[0]", "x[0]", ()),
    ],
)
def test_versions_after_a_call_that_writes(line: str, text: str, expected: tuple[int, ...]) -> None:
    op = call(run(f"{HEAD}x = torch.zeros(3)\ny = torch.ones(3)\n{line}"), text)
    assert op.versions_after == expected
    assert op.in_place == bool(expected)
    assert [meta.version for meta in op.inputs] == [0] * len(op.inputs)


def test_writing_through_a_view_moves_the_counter_of_its_base() -> None:
    seen = run(f"{HEAD}x = torch.zeros(4)\nv = x[1:3]\nv.mul_(2)\ny = x + 1")
    write = call(seen, "v.mul_(2)")
    assert write.versions_after == (1,)
    assert write.views == (View(output=0, shape=(4,), name="x"),)
    assert call(seen, "x + 1").inputs[0].version == 1
    assert next(tensor for tensor in seen.tensors if tensor.name == "x").version == 1


STEPS = (
    "t.add_(1)",
    "t.zero_()",
    "t[0] = 2",
    "t *= 2",
    "t = t.reshape(-1)",
    "t = t.flatten()[:4].view(2, 2)",
    "t = t.T if t.dim() == 2 else t.flatten().view(2, -1)",
    "t = t.unsqueeze(0)",
    "t = t.clone()",
    "t = t * 1",
    "t = t.contiguous()",
    "t = t.detach()",
    "t = t.expand(2, *t.shape).clone()",
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=8), st.booleans())
def test_bases_and_versions_are_torchs(steps: list[str], grad: bool) -> None:
    start = f"{HEAD}import torch\nleaf = torch.ones(2, 4, requires_grad={grad})\nt = leaf * 1"
    names: dict[str, Any] = {}
    exec(start, names)
    expected = []
    for step in steps:
        exec(step, names)
        base = names["t"]._base
        expected.append((names["t"]._version, None if base is None else tuple(base.shape)))
    seen = run("\n".join([start, *steps]))
    assert seen.status == "ok", seen.message
    for line, (version, base) in enumerate(expected, start=start.count("\n") + 2):
        op = [op for op in seen.ops if op.line == line][-1]
        if steps[line - start.count("\n") - 2] != "t[0] = 2":
            assert (op.views[0].shape if op.views else None) == base
        assert (op.versions_after[0] if op.in_place else op.outputs[0].version) == version


MANY = """import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3)

    def forward(self, x):
        return self.inner(x).relu() + self.inner(x).sigmoid() * x.sum(
            dim=-1, keepdim=True
        )

def double(값):
    return 값 * 2; print("never")

x = torch.randn(2, 3); y = x + x - x
parts = [row * 2 + row for row in (x, y)]
table = {"a": double(x), "b": (lambda v: v / 2)(y)}
y += x @ x.T @ y
y[0] = -x[0] ** 2
out = Net()(y).sum() if x.sum() > -100 else x
text = f"{(x * 3).sum().item()} 한글 {x.mean() + y.mean()}"
total = sum(part.sum() for part in parts)
"""


def test_every_call_stands_where_pythons_parser_says() -> None:
    seen = run(MANY)
    assert seen.status == "ok", seen.message
    lines = MANY.splitlines()
    pieces: dict[tuple[int, int, int, int], str] = {}
    for node in ast.walk(ast.parse(MANY)):
        if isinstance(node, ast.expr | ast.AugAssign) and node.end_lineno and node.end_col_offset is not None:
            first, last = lines[node.lineno - 1].encode(), lines[node.end_lineno - 1].encode()
            column, end = len(first[: node.col_offset].decode()), len(last[: node.end_col_offset].decode())
            pieces[node.lineno, column, node.end_lineno, end] = ast.get_source_segment(MANY, node) or ""
    for op in seen.ops:
        where = op.line or 0, op.column or 0, op.end_line or 0, op.end_column or 0
        assert " ".join(row.strip() for row in pieces[where].splitlines())[:80] == op.text
    told = {op.text for op in seen.ops}
    assert {
        "x + x",
        "x + x - x",
        "row * 2",
        "row * 2 + row",
        "값 * 2",
        "v / 2",
        "x @ x.T",
        "x.T",
        "y += x @ x.T @ y",
    } <= told
    assert {
        "self.inner(x).relu()",
        "-x[0] ** 2",
        "x[0] ** 2",
        "(x * 3).sum()",
        "x.mean() + y.mean()",
        "part.sum()",
    } <= told


def test_several_calls_of_one_name_on_a_line_are_told_apart_by_column() -> None:
    seen = run(f"{HEAD}x = torch.ones(2)\ny = x.sum() + x.sum() + x.sum()")
    assert [op.column for op in seen.ops if op.name == "sum"] == [4, 14, 24]


def test_a_view_in_a_function_names_the_variable_that_holds_its_base() -> None:
    code = f"{HEAD}def first(rows):\n    return rows[0]\nx = torch.ones(2, 3)\ny = first(x)"
    assert call(run(code), "rows[0]").views == (View(output=0, shape=(2, 3), input=0, name="x"),)


def test_views_of_what_has_no_base_do_no_harm() -> None:
    code = f"{HEAD}x = torch.ones(2, 3)\ny = torch.vmap(lambda a: a[0:1].T)(x)\nwith torch.inference_mode():\n    z = torch.ones(2, 2)\n    w = z[0]\n    z += 1"
    seen = run(code)
    assert call(seen, "z[0]").views == ()
    assert not call(seen, "z += 1").versions_after
    assert torch.equal(
        torch.tensor(next(one.value for one in seen.tensors if one.name == "z")), torch.full((2, 2), 2.0)
    )
