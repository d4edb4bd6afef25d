"""Where the inputs and outputs of each call lie, beside a second mode that reads every tensor at once: the log reads many calls together."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from explorer.capture.functions import Functions
from explorer.capture.private import is_wrapped
from explorer.capture.recorder import Recorder
from explorer.ir import TensorMeta

PROGRAMS = {
    "another storage": "a = torch.ones(2, 3)\nb = a + 1\na.data = torch.zeros(4)\nc = a + 1",
    "a flag": "a = torch.ones(3)\nb = a * 2\na.requires_grad_()\nc = a * 2\nd = c.detach_()\ne = d * 2\na.requires_grad = False\nf = a * 2",
    "a shape": "a = torch.ones(2, 3)\nb = a + 1\na.t_()\nc = a + 1\na.squeeze_()\na.unsqueeze_(0)\nd = a + 1\na.resize_(5)\ne = a.sum()",
    "a size of memory": "a = torch.ones(4)\nb = a + 1\na.untyped_storage().resize_(64)\nc = a + 1",
    "a version": "a = torch.ones(3, requires_grad=True)\nb = a * 2\nv = b[1:]\nw = v + 1\nb.mul_(3)\nw = v + 1\nb[0] = 5.0\nw = b + 1",
    "a leaf no more": "a = torch.ones(3, requires_grad=True)\nb = torch.zeros(3)\nc = b + 1\nb.add_(a)\nc = b + 1",
    "by a custom function": """\
class Into(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.mark_dirty(x)
        return x.add_(w.detach())

    @staticmethod
    def backward(ctx, g):
        return g, g

w, x = torch.ones(3, requires_grad=True), torch.ones(3)
y = x * 1
z = Into.apply(x, w)
y = x * 1
""",
    "short lives": "total = torch.zeros(())\nfor n in range(200):\n    total = total + torch.ones(n % 7, n % 3).t().sum()",
    "in place where asked": """\
x = torch.tensor([-1.0, 2.0], requires_grad=True)
y = x * 2
z = torch.nn.functional.relu(y, inplace=True)
w = torch.mul(z.detach(), 3, out=torch.zeros(2))
y += 1
""",
    "running statistics": "n = torch.nn.BatchNorm1d(2)\na = n(torch.randn(3, 2))\nb = n(a)\nc = n.running_mean + 1",
    "running statistics that wait": """\
m, v = torch.zeros(2) + 1, torch.ones(2) + 1
a = m * 2
b = torch.nn.functional.batch_norm(torch.randn(3, 2), m, v, training=True)
c = torch.nn.functional.batch_norm(running_var=v, running_mean=m, input=b, training=True)
d = torch.instance_norm(torch.randn(1, 2, 3), None, None, m, v, True, 0.1, 1e-5, False)
e = m + v
""",
    "numbers alone": """\
x = torch.randn(2, 4, requires_grad=True)
y = x * 2
v, w = y.view(8), y.detach()
y.mul_(3)
torch.relu_(v)
w += 1
y[0] = v[:4] * 2
z = torch.nn.functional.dropout(y, 0.5, True, inplace=True)
u = v + 1
with torch.no_grad():
    x.add_(1)
    u = v + x.view(8)
    torch.clamp_(max=x + 2, input=x)
""",
    "a gradient from then on": "a, b = torch.zeros(3), torch.ones(3, requires_grad=True)\nv = a[:2]\nc = v + 1\na[:] = b * 2\nd = v + 1\ne = torch.zeros(3)\ne += b",
    "many bytes": "x = torch.ones(2**20)\nfor n in range(12):\n    y = x + n\n    x = y * 2",
    "a norm at most": "w = torch.ones(3, 2) * 5\ne = torch.nn.functional.embedding(torch.tensor([0, 2]), w, max_norm=1.0)\nz = w + 1",
    "made by a custom function": """\
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x + x

    @staticmethod
    def backward(ctx, g):
        return 2 * g

x = torch.ones(3, requires_grad=True)
y = Twice.apply(x * 1)
""",
    "memory in other hands": "a = torch.ones(4)\ns = a.untyped_storage()\nb = a + 1\ns.resize_(0)\ns.resize_(64)\nc = a[:2] + 1",
    "inside of a transform": "f = torch.func.grad(lambda x: (x * x).sum())\ny = f(torch.ones(3)) + 1\nz = torch.vmap(torch.sin)(torch.ones(2, 3)) + 1",
    "many": "x = torch.ones(2, requires_grad=True)\nfor n in range(150):\n    x = x * 1.01",
    "no version": "with torch.inference_mode():\n    a = torch.ones(3)\n    b = a + 1\n    a.add_(1)\n    c = a + 1",
    "parameters": "m = torch.nn.Linear(2, 2)\nx = torch.ones(1, 2)\na = m(x)\nm.double()\nb = m(x.double())\nwith torch.no_grad():\n    m.weight.add_(1)\nc = m(x.double())",
}


class Anew(TorchFunctionMode):
    """Reads the tensors among the arguments of each call before it is made, and what it gives with its node right after it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[list[tuple[object, ...]]] = []
        self.given: list[list[tuple[object, ...]]] = []
        """Of the calls whose `taken` they belong to."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with torch._C.DisableTorchFunction():
            taken = [facts(one) for one in (*args, *(kwargs or {}).values()) if isinstance(one, torch.Tensor)]
        result = func(*args, **(kwargs or {}))
        with torch._C.DisableTorchFunction():
            written = args[:1] if func is torch.Tensor.__setitem__ else [result]
            outputs = result if isinstance(result, list | tuple) else written
            given = [(*facts(one), number_of(one)) for one in outputs if isinstance(one, torch.Tensor)]
        self.taken.append(taken)
        self.given.append(given)
        return result


def facts(tensor: torch.Tensor) -> tuple[object, ...]:
    return (
        tuple(tensor.shape),
        tensor.stride(),
        tensor.storage_offset(),
        -1 if is_wrapped(tensor) else tensor.untyped_storage().nbytes(),
        str(tensor.dtype),
        0 if tensor.is_inference() else tensor._version,
        tensor.requires_grad,
        tensor.is_leaf,
        tensor._is_view(),
        tensor.is_contiguous(),
    )


def number_of(tensor: torch.Tensor) -> object:
    return None if tensor.grad_fn is None else tensor.grad_fn._sequence_nr()


def told(meta: TensorMeta) -> tuple[object, ...]:
    return (
        *(meta.shape, meta.stride, meta.storage_offset, -1 if meta.storage_id < 0 else meta.storage_nbytes),
        *(f"torch.{meta.dtype}", meta.version, meta.requires_grad, meta.is_leaf, meta.is_view, meta.is_contiguous),
    )


@pytest.mark.parametrize(
    ("function", "into"),
    [
        (torch.Tensor.add_, slice(0, 1)),
        (torch.relu_, slice(0, 1)),
        (torch.Tensor.__setitem__, slice(0, 1)),
        (torch.Tensor.__iadd__, slice(0, 1)),
        (torch.batch_norm, slice(1, None)),
        (torch.nn.functional.batch_norm, slice(1, None)),
        *((moves, None) for moves in (torch.Tensor.t_, torch.Tensor.resize_, torch.Tensor.set_, torch.Tensor.detach_)),
        *((another, None) for another in (torch._foreach_add_, torch.nn.init.ones_, torch.Tensor.data.__set__)),
    ],
)
def test_of_functions_that_write_numbers_alone_it_is_known_into_what(function: Any, into: slice | None) -> None:
    known = Functions()[function]
    assert (known.writes, known.reads, known.into) == (True, False, into)


@pytest.mark.parametrize("name", PROGRAMS)
def test_inputs_and_outputs_are_told_as_they_are(name: str) -> None:
    code = PROGRAMS[name]
    recorder, anew = Recorder(code), Anew()
    with recorder.watching(), anew:
        exec(compile(code, "<snippet>", "exec"), {"torch": torch})
    ops = [op for op in recorder.log.ops if op.name not in ("Into", "Twice")]  # the other mode does not see these
    assert ops
    seen = iter(zip(anew.taken, anew.given, strict=True))
    for op in ops:  # in this order; the other mode also sees calls that only read
        inputs = [told(meta) for meta in op.inputs]
        outputs = [(*told(meta), number) for meta, number in zip(op.outputs, op.nodes, strict=True)]
        assert (inputs, outputs) in seen, op.name
    recorder.release()


def test_a_large_tensor_is_freed_when_the_code_lets_it_go() -> None:
    """Code that works near the end of its memory works as well when it is watched."""
    code = "x = torch.ones(2**22)\nlasting = weakref.ref(x)\ny = x.sum()\ndel x\nz = y + 1\nlasting = lasting()"
    recorder, names = Recorder(code), {"torch": torch, "weakref": weakref}
    with recorder.watching():
        exec(compile(code, "<snippet>", "exec"), names)
    assert [op.name for op in recorder.log.ops] == ["ones", "sum", "add"]
    assert names["lasting"] is None
    recorder.release()


def test_large_tensors_are_freed_that_one_line_takes_again_and_again() -> None:
    recorder, given = Recorder(code := "while given:\n    y = given.pop().sum()"), [torch.ones(2**21) for _ in range(9)]
    alive = list(map(weakref.ref, given))
    with recorder.watching():
        exec(compile(code, "<snippet>", "exec"), {"torch": torch, "given": given})
        assert [one() is None for one in alive] == [False] + [True] * 8  # two of them are as much as may wait
    recorder.release()


@pytest.mark.parametrize(
    ("code", "name", "line"),
    [
        ("x = torch.zeros(2)\ny = x / x\ny.nan_to_num_()\nz = y + 1", "div", 2),
        ("x = torch.zeros(2)\ny = x / x\nv = y.detach()\nv[:] = 1.0\nz = y + 1", "div", 2),
        (
            "m = torch.zeros(2) / 0\nx = torch.ones(3, 2)\ntorch.nn.functional.batch_norm(x, m, torch.ones(2), training=True)",
            "div",
            1,
        ),
        ("x = torch.zeros(70_000)\ny = x / x\ny.fill_(0)\nz = y + 1", "div", 2),
        ("x = torch.ones(2)\ny = x + 1\na = y.numpy()\na[0] = float('nan')\nz = y * 1", "mul", 5),
        ("x = torch.ones(3)\nfor n in range(70):\n    x = x * 1\ny = (x - 1).log() * float('nan')", "mul", 4),
        ("x = torch.ones(3)\ny = (x / 0).tanh()\nz = -(y.tanh() / 0)\nw = z + z.neg()", "add", 4),
        ("x = torch.ones(5_000)\ny = x[::2] * float('nan')\nz = x / 0 - x / 0", "mul", 2),
    ],
)
def test_the_first_nan_is_of_the_call_that_made_it(code: str, name: str, line: int) -> None:
    recorder = Recorder(code)
    with recorder.watching():
        exec(compile(code, "<snippet>", "exec"), {"torch": torch})
    at = recorder.log.finite.first_nan
    assert at is not None
    assert (recorder.log.ops[at].name, recorder.log.ops[at].place.line) == (name, line)
    recorder.release()
