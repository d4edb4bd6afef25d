"""Where the inputs of each call lie, beside a second mode that reads every tensor anew: a tensor that was seen before is not read again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from explorer.capture.recorder import Recorder

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
    "no version": "with torch.inference_mode():\n    a = torch.ones(3)\n    b = a + 1\n    a.add_(1)\n    c = a + 1",
    "parameters": "m = torch.nn.Linear(2, 2)\nx = torch.ones(1, 2)\na = m(x)\nm.double()\nb = m(x.double())\nwith torch.no_grad():\n    m.weight.add_(1)\nc = m(x.double())",
}


class Anew(TorchFunctionMode):
    """Reads the tensors among the arguments of each call before it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[tuple[object, ...]]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with torch._C.DisableTorchFunction():
            self.calls.append(
                [facts(one) for one in (*args, *(kwargs or {}).values()) if isinstance(one, torch.Tensor)]
            )
        return func(*args, **(kwargs or {}))


def facts(tensor: torch.Tensor) -> tuple[object, ...]:
    return (
        tuple(tensor.shape),
        tensor.stride(),
        tensor.storage_offset(),
        tensor.untyped_storage().nbytes(),
        str(tensor.dtype),
        0 if tensor.is_inference() else tensor._version,
        tensor.requires_grad,
        tensor.is_leaf,
        tensor._is_view(),
        tensor.is_contiguous(),
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_inputs_are_told_as_they_are(name: str) -> None:
    code = PROGRAMS[name]
    recorder, anew = Recorder(code), Anew()
    with recorder.watching(), anew:
        exec(compile(code, "<snippet>", "exec"), {"torch": torch})
    told = [
        [
            (
                *(one.shape, one.stride, one.storage_offset, one.storage_nbytes, f"torch.{one.dtype}", one.version),
                *(one.requires_grad, one.is_leaf, one.is_view, one.is_contiguous),
            )
            for one in op.inputs
        ]
        for op in recorder.log.ops
        if op.name != "Into"  # no function of torch: the other mode does not see it
    ]
    seen = iter(anew.calls)
    assert told
    assert all(inputs in seen for inputs in told)  # in this order; the other mode also sees calls that only read
    recorder.release()
