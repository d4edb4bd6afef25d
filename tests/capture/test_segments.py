"""Checkpointed segments and packed saved tensors: told, and never unpacked by the capture."""

from __future__ import annotations

import pytest
import torch
from samples import run

from explorer.capture import Recorder
from explorer.capture.variables import Named
from explorer.ir import Node, Run

IMPORT = "from torch.utils.checkpoint import checkpoint\n"
X = "x = torch.tensor([0.5, 1.0], requires_grad=True)\n"


def by_name(seen: Run) -> dict[str, Node]:
    return {node.name: node for node in seen.graph.nodes}


def errors(node: Node) -> set[str | None]:
    return {one.error for one in node.saved}


def test_a_segment_that_is_not_reentrant_is_whole_and_computed_again_once() -> None:
    code = "calls = []\ndef block(v):\n    calls.append(1)\n    return (v * v).exp()\n" + X
    seen = run(
        IMPORT
        + code
        + "y = checkpoint(block, x, use_reentrant=False)\nloss = y.sum()\nloss.backward()\nprint(len(calls))"
    )
    plain = run(code + "y = block(x)\nloss = y.sum()")
    assert seen.stdout == "2\n"
    assert [one.name for one in seen.graph.nodes] == [one.name for one in plain.graph.nodes]
    assert [tensor.grad for tensor in seen.tensors if tensor.name == "x"] == [
        tensor.grad for tensor in plain.tensors if tensor.name == "x"
    ]
    nodes = by_name(seen)
    assert errors(nodes["ExpBackward0"]) == {"kept by checkpoint: computed again in backward"}
    assert {one.name: one.segment for one in seen.graph.nodes} == {
        "SumBackward0": None, "ExpBackward0": 0, "MulBackward0": 0, "AccumulateGrad": None,
    }  # fmt: skip


def test_segments_are_numbered_in_the_order_of_forward() -> None:
    blocks = "a = checkpoint(torch.sin, x, use_reentrant=False)\nb = checkpoint(torch.cos, a, use_reentrant=True)\n"
    seen = run(IMPORT + X + blocks + "c = checkpoint(torch.tanh, b, use_reentrant=False)\nd = c * 2\nloss = d.sum()")
    assert {one.name: one.segment for one in seen.graph.nodes if one.kind != "leaf"} == {
        "SumBackward0": None,
        "MulBackward0": None,
        "TanhBackward0": 2,
        "CheckpointFunctionBackward": 1,
        "SinBackward0": 0,
    }
    assert by_name(seen)["CheckpointFunctionBackward"].kind == "custom"


def test_a_segment_inside_a_segment() -> None:
    inner = "def inner(v):\n    return v.exp()\ndef outer(v):\n    return checkpoint(inner, v.sin(), use_reentrant=False).tanh()\n"
    seen = run(IMPORT + X + inner + "loss = checkpoint(outer, x, use_reentrant=False).sum()")
    segments = {one.name: one.segment for one in seen.graph.nodes if one.segment is not None}
    assert segments == {"SinBackward0": 0, "ExpBackward0": 1, "TanhBackward0": 0}


@pytest.mark.parametrize(
    ("context", "error"),
    [
        ("saved_tensors_hooks(lambda t: t, unpack)", "packed by saved_tensors_hooks"),
        ("save_on_cpu()", "kept in the memory of the CPU by save_on_cpu"),
    ],
)
def test_what_is_packed_is_told_and_not_unpacked(context: str, error: str) -> None:
    code = "def unpack(t):\n    print('unpacked')\n    return t\n"
    seen = run(f"{code}{X}with torch.autograd.graph.{context}:\n    y = x.exp()\nz = y * y\nloss = z.sum()")
    assert seen.status == "ok", seen.message
    nodes = by_name(seen)
    assert errors(nodes["ExpBackward0"]) == {error}
    assert errors(nodes["MulBackward0"]) == {None}
    assert nodes["ExpBackward0"].segment is None
    assert seen.stdout == ("unpacked\n" if "unpack)" in context else "")  # by backward alone


def test_saved_tensors_that_may_be_changed() -> None:
    code = "with torch.autograd.graph.allow_mutation_on_saved_tensors():\n    y = x.exp()\n    y += 1\n    loss = y.sum()\n    loss.backward()"
    seen = run(X + code)
    assert seen.status == "ok", seen.message
    assert errors(by_name(seen)["ExpBackward0"]) == {"kept by allow_mutation_on_saved_tensors"}


def test_hooks_on_one_saved_tensor_are_seen_too() -> None:
    code = (
        X
        + "y = x * x\ny.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: print('unpacked') or t)\nloss = y.sum()"
    )
    seen = run(code)
    assert seen.stdout == "unpacked\n"
    saved = {one.name: one.error for one in by_name(seen)["MulBackward0"].saved}
    assert saved == {"other": None, "self": "packed by saved_tensors_hooks"}


def test_packed_tensors_of_a_custom_function() -> None:
    code = """\
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, g):
        return 2 * ctx.saved_tensors[0] * g
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: print('unpacked') or t):
    y = Square.apply(x)
loss = y.sum()
"""
    seen = run(X + code)
    assert seen.stdout == "unpacked\n"
    assert errors(by_name(seen)["SquareBackward"]) == {"packed by saved_tensors_hooks"}


def test_beyond_the_recorded_calls_nothing_is_unpacked_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.capture.forward.MOST_OPS", 2)
    code = (
        X
        + "with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: print('unpacked') or t):\n    y = (x + 1 - 1).exp()\nloss = y.sum()"
    )
    seen = run(code)
    assert seen.stdout == "unpacked\n"
    assert errors(by_name(seen)["ExpBackward0"]) == {"packed by saved_tensors_hooks"}


def test_a_packed_tensor_is_no_fault_of_the_code() -> None:
    seen = run(IMPORT + X + "y = checkpoint(torch.exp, x, use_reentrant=False)\nraise ValueError('later')")
    assert (seen.status, seen.line) == ("error", 4)
    assert by_name(seen)["ExpBackward0"].segment == 0


def test_what_was_packed_before_the_watching_is_not_unpacked() -> None:
    x, unpacked = torch.ones(2, requires_grad=True), []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: unpacked.append(t) or t):
        y = x.exp()
    recorder = Recorder("")
    with recorder.watching():
        loss = (y * y).sum()
    recorder.look([Named("loss", loss)], {"x": x, "y": y, "loss": loss})
    shown = {node.name: node for node in recorder.finish({"x": x}, {}).graph.nodes}
    recorder.release()
    assert not unpacked
    assert errors(shown["ExpBackward0"]) == {"packed by saved_tensors_hooks"}
    assert errors(shown["MulBackward0"]) == {None}
