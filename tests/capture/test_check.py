"""The check on demand: right backwards agree, wrong ones are found, and what cannot be compared says why."""

from __future__ import annotations

import pytest
import torch

from explorer.ir import Check, Run
from tests.samples import run

HEAD = """import torch
from torch import nn
from torch.nn import functional as F
x = torch.tensor([0.5, -1.25, 2.0], requires_grad=True)
m = torch.arange(6.0).reshape(2, 3).div(4).requires_grad_()
k = torch.arange(16.0).sin().reshape(1, 1, 4, 4).requires_grad_()
w = torch.arange(8.0).cos().reshape(2, 1, 2, 2).requires_grad_()
"""

CUSTOM = """
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        print("cubed")
        return a**3
    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * SLOPE
"""


def checked(code: str, name: str, **request: object) -> tuple[Run, Check]:
    """The run of `code`, and the check of its last call of that name."""
    ops = run(HEAD + code).ops
    index = max(op.index for op in ops if op.name == name)
    seen = run(HEAD + code, check=index, **request)
    assert seen.status == "ok", seen.message
    assert seen.check is not None
    assert seen.check.op == index
    return seen, seen.check


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("(x * x).sum()", "mul"),
        ("(x**3).sum()", "pow"),
        ("x.exp().sum()", "exp"),
        ("x.log().sum()", "log"),
        ("(x * 1e-5 + 1e-4).rsqrt().sum()", "rsqrt"),
        ("torch.relu(x).sum()", "relu"),
        ("F.gelu(x).sum()", "gelu"),
        ("torch.softmax(m, 1)[0, 0]", "softmax"),
        ("m.log_softmax(1).sum()", "log_softmax"),
        ("F.cross_entropy(m, torch.tensor([0, 2]))", "cross_entropy"),
        ("F.linear(m, m).sum()", "linear"),
        ("(m @ m.T).sum()", "matmul"),
        ("m.std()", "std"),
        ("m.max()", "max"),
        ("x.sort().values[0]", "sort"),
        ("x.cumprod(0).sum()", "cumprod"),
        ("torch.cat([x, x]).sum()", "cat"),
        ("m[:, [0, 0, 2]].sum()", "__getitem__"),
        ("F.layer_norm(m, (3,)).sum()", "layer_norm"),
        ("F.batch_norm(m, torch.zeros(3), torch.ones(3), training=True).sum()", "batch_norm"),
        ("F.conv2d(k, w).sum()", "conv2d"),
        ("F.max_pool2d(k, 2).sum()", "max_pool2d"),
        ("torch.linalg.svd(m).S.sum()", "linalg_svd"),
        ("torch.linalg.inv(k[0, 0] + 3 * torch.eye(4)).sum()", "linalg_inv"),
        ("z = torch.complex(x, x + 1)\n(z * z).abs().sum()", "mul"),
        ("torch.view_as_complex(m.reshape(3, 2)).abs().sum()", "abs"),
        ("y = x * 1\ny.mul_(3)\ny.sum()", "mul_"),
        ("y = x * 1\ny[0] = m[1, 1]\ny.sum()", "__setitem__"),
        ("nn.LSTM(3, 4)(m)[0].sum()", "lstm"),
        ("torch.where(x > 0, x, x * 2).sum()", "where"),
        ("x.to(torch.float64).sum()", "to"),
        (CUSTOM.replace("SLOPE", "3 * a**2") + "Cube.apply(x).sum()", "Cube"),
    ],
)
def test_what_torch_computes_agrees(code: str, name: str) -> None:
    seen, check = checked(code, name)
    assert (check.status, check.reason) == ("agrees", None), check
    assert check.inputs
    assert len(check.inputs) <= len(seen.ops[check.op].inputs)
    for each in check.inputs:
        largest = float(torch.tensor(each.numeric).abs().max()) if name != "abs" and "complex" not in code else 1.0
        assert 0 <= float(each.largest_difference) < 1e-5 * max(1.0, largest)


def test_its_numbers_are_those_of_torch() -> None:
    _, check = checked("y = x[0] ** 3\ny", "pow")
    (only,) = check.inputs
    assert only.autograd == pytest.approx(3 * 0.5**2, rel=1e-12)
    assert only.numeric == pytest.approx(0.75, rel=1e-8)
    assert check.tolerance == 1e-6
    assert 0 < check.step < 1e-5
    _, check = checked("(x * m).sum()", "mul")
    assert [(each.name, each.position) for each in check.inputs] == [("x", 0), ("m", 1)]
    assert torch.tensor(check.inputs[0].autograd).shape == (3,)
    assert torch.tensor(check.inputs[1].numeric).shape == (2, 3)


def test_many_elements_are_compared_along_one_direction() -> None:
    _, check = checked("a = torch.randn(40, 50, requires_grad=True)\n(a @ a.T).sum()", "matmul")
    assert check.status == "agrees"
    assert [type(each.autograd) for each in check.inputs] == [float, float]


@pytest.mark.parametrize(
    "slope", ["2 * a**2", "3 * a**2 + 1e-4", "torch.where(a > 1, 0.0, 3 * a**2)", "3 * a.detach()"]
)
def test_a_wrong_backward_is_found(slope: str) -> None:
    _, check = checked(CUSTOM.replace("SLOPE", slope) + "Cube.apply(x).sum()", "Cube")
    assert (check.status, check.reason) == ("differs", None)
    assert float(check.inputs[0].largest_difference) > 1e-5


def test_a_wrong_backward_is_found_among_many_elements() -> None:
    code = (
        CUSTOM.replace("SLOPE", "3 * a**2 * (a < 2)")
        + "Cube.apply(torch.linspace(0, 3, 500, requires_grad=True)).sum()"
    )
    assert checked(code, "Cube")[1].status == "differs"


def test_at_a_kink_a_difference_is_no_fault() -> None:
    _, relu = checked("y = torch.zeros(2, requires_grad=True)\nF.relu(y).sum()", "relu")
    assert (relu.status, relu.reason) == ("differs", "kink")
    assert relu.inputs[0].autograd == [0, 0]
    _, absolute = checked("y = torch.zeros(2, requires_grad=True)\ny.abs().sum()", "abs")
    assert (absolute.status, absolute.reason) == ("agrees", "kink")
    wrong = CUSTOM.replace("a**3", "a.relu()").replace("SLOPE", "2.5")
    _, outside = checked(wrong + "Cube.apply(torch.zeros(2, requires_grad=True)).sum()", "Cube")
    assert (outside.status, outside.reason) == ("differs", None)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("torch.linalg.cholesky(p)", "linalg_cholesky"),
        ("torch.linalg.eigh(p).eigenvalues", "linalg_eigh"),
        ("torch.cholesky_inverse(p)", "cholesky_inverse"),
    ],
)
def test_a_matrix_of_which_one_triangle_is_read(call: str, name: str) -> None:
    _, check = checked(
        f"q = k[0, 0] @ k[0, 0].T + torch.arange(1.0, 5.0).diag()\np = q.tril() if 'inverse' in '{call}' else q\n{call}.sin().sum()",
        name,
    )
    assert (check.status, check.reason) == ("differs", "structure")


def test_a_transposed_gradient_is_no_matter_of_structure() -> None:
    code = CUSTOM.replace("a**3", "a @ a").replace("g * SLOPE", "(g @ a.T + a.T @ g).T")
    assert checked(code + "Cube.apply(k[0, 0]).sin().sum()", "Cube")[1].reason is None


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        ("F.dropout(x).sum()", "dropout", "random"),
        ("(x * torch.rand_like(x)).sum()", "rand_like", "random"),
        ("F.rrelu(x, training=True).sum()", "rrelu", "random"),
        ("x.argmax()\nx.sum()", "argmax", "integer"),
        ("x.detach()\nx.sum()", "detach", "nothing"),
        ("torch.ones(2).mul(3)\nx.sum()", "mul", "nothing"),
        ("(x * float('nan')).sum()", "mul", "not_finite"),
        ("y = torch.zeros(2100, 2100, requires_grad=True)\ny.sum()", "sum", "large"),
        ("x.to_sparse().sum()", "sum", "layout"),
    ],
)
def test_what_cannot_be_compared_says_why(code: str, name: str, reason: str) -> None:
    _, check = checked(code, name)
    assert (check.status, check.reason) == ("impossible", reason)
    assert check.inputs == ()


@pytest.mark.parametrize("index", [-1, 500])
def test_a_call_that_was_never_made(index: int) -> None:
    check = run(HEAD + "x.sum()", check=index).check
    assert check is not None
    assert (check.status, check.reason) == ("impossible", "not_reached")


def test_a_function_that_raises_the_second_time() -> None:
    once = CUSTOM.replace("SLOPE", "3 * a**2").replace(
        "ctx.save_for", "calls.append(1)\n        assert len(calls) < 2\n        ctx.save_for"
    )
    _, check = checked("calls = []\n" + once + "Cube.apply(x).sum()", "Cube")
    assert (check.status, check.reason) == ("impossible", "raised")


def test_inside_vmap_nothing_is_disturbed() -> None:
    seen, check = checked("y = torch.vmap(lambda row: row.exp())(m)\ny.sum()", "exp")
    assert check.status in ("impossible", "agrees")
    assert seen.tensors == run(HEAD + "y = torch.vmap(lambda row: row.exp())(m)\ny.sum()").tensors


def test_without_being_asked_nothing_is_checked() -> None:
    assert run(HEAD + "x.sum()").check is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("y = F.dropout(x * torch.rand(3))\ny.sum()", "dropout"),
        (CUSTOM.replace("SLOPE", "3 * a**2") + "Cube.apply(x).sum()", "Cube"),
        ("b = torch.zeros(3)\nF.batch_norm(m, b, torch.ones(3), training=True).square().sum()", "batch_norm"),
        ("y = x * 1\ny.mul_(3)\n(y * torch.randn(3)).sum()", "mul_"),
    ],
)
def test_the_run_is_the_same_with_and_without(code: str, name: str) -> None:
    seen, _ = checked(code, name)
    plain = run(HEAD + code)
    assert seen.graph == plain.graph
    assert seen.tensors == plain.tensors
    assert seen.ops == plain.ops
    assert seen.stdout == plain.stdout
