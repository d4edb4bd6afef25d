"""What a run cannot show is said, once, where the run touches it, and nowhere else."""

from __future__ import annotations

import pytest
import torch

from explorer.capture import backward, blind, forward, snapshot, variables
from explorer.examples import examples
from explorer.ir import Run
from explorer.words import LANGUAGES, tell
from explorer.words import catalogue as texts
from tests.samples import run
from tests.worker import learner_table

SQUARE = """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        {keep}
        return x * x
    @staticmethod
    def backward(ctx, g):
        return 2 * {kept} * g
x = torch.ones(3, requires_grad=True)
y = Square.apply(x).sum()
"""

TWICE = """
class Twice(nn.Linear):
    def forward(self, x):
        return 2 * {forward}
net = nn.Sequential(Twice(2, 2), nn.ReLU())
y = {call}.sum()
"""

# The key, the values that the sentence must have, code that touches the limit, its harmless neighbours.
CASES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "limits.packed": (
        {"count": "2"},
        "x = torch.ones(3, requires_grad=True)\nwith torch.autograd.graph.saved_tensors_hooks(lambda t: t * 1, lambda t: t):\n    y = (x * x).sum()",
        [
            "x = torch.ones(3, requires_grad=True)\ny = (x * x).sum()",
            "x = torch.ones(3, requires_grad=True)\nwith torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):\n    y = (x + 1).sum()",
        ],
    ),
    "limits.checkpoint": (
        {"count": "1"},
        "from torch.utils.checkpoint import checkpoint\nx = torch.ones(3, requires_grad=True)\ny = checkpoint(torch.exp, x, use_reentrant=False).sum()",
        ["x = torch.ones(3, requires_grad=True)\ny = torch.exp(x).sum()"],
    ),
    "limits.on_cpu": (
        {"count": "1"},
        "x = torch.ones(3, requires_grad=True)\nwith torch.autograd.graph.save_on_cpu():\n    y = x.exp().sum()",
        ["x = torch.ones(3, requires_grad=True)\ny = x.exp().cpu().sum()"],
    ),
    "limits.mutation": (
        {"count": "1"},
        "x = torch.ones(3, requires_grad=True)\nwith torch.autograd.graph.allow_mutation_on_saved_tensors():\n    y = x.exp().sum()\n    y.backward()",
        ["x = torch.ones(3, requires_grad=True)\nwith torch.autograd.graph.allow_mutation_on_saved_tensors():\n    y = (x + 1).sum()\n    y.backward()"],
    ),
    "limits.ctx": (
        {"name": "SquareBackward", "names": "ctx.x"},
        SQUARE.format(keep="ctx.x = x", kept="ctx.x"),
        [
            SQUARE.format(keep="ctx.save_for_backward(x); ctx.power = 2", kept="ctx.saved_tensors[0]"),
            "from torch.utils.checkpoint import checkpoint\nx = torch.ones(3, requires_grad=True)\ny = checkpoint(torch.exp, x, use_reentrant=True).sum()",
        ],
    ),
    "limits.func": (
        {"count": "2", "line": "2"},
        "x = torch.ones(3, 2, requires_grad=True)\ny = torch.vmap(lambda v: (v * 2).sum())(x)\nz = y.sum()",
        [
            "m = nn.Linear(2, 1)\nloss = torch.func.functional_call(m, dict(m.named_parameters()), (torch.ones(3, 2),)).sum()",
            "x = torch.ones(2)\nJ = torch.autograd.functional.jacobian(lambda v: v ** 2, x)",
        ],
    ),
    "limits.dual": (
        {"line": "4"},
        "import torch.autograd.forward_ad as fw\nx = torch.ones(2, requires_grad=True)\nwith fw.dual_level():\n    y = (fw.make_dual(x, torch.ones(2)) ** 2).sum()",
        ["x = torch.ones(2)\nvalue, tangent = torch.autograd.functional.jvp(lambda v: v ** 2, x, torch.ones(2))"],
    ),
    "limits.meta": (
        {"name": "x", "count": "2"},
        "x = torch.ones(4, device='meta', requires_grad=True)\ny = (x * 2).sum()",
        ["x = torch.ones(4, device='cpu', requires_grad=True)\ny = (x * 2).sum()"],
    ),
    "limits.layout": (
        {"name": "z", "count": "1", "layout": "_mkldnn"},
        "x = torch.ones(3, 2, requires_grad=True)\nz = x.to_mkldnn()\ny = z.to_dense().sum()",
        ["a = torch.eye(3).to_sparse_csr()\nx = torch.ones(3, 2, requires_grad=True)\ny = (a @ x).sum()"],
    ),
    "limits.large": (
        {"name": "a", "count": "1", "most": "134,217,728"},
        "a = torch.empty(2**27 + 1, dtype=torch.uint8)",
        ["a = torch.ones(1, dtype=torch.uint8).expand(2**27 + 1)"],
    ),
    "limits.inference": (
        {"name": "a"},
        "with torch.inference_mode():\n    a = torch.ones(4)\n    b = a.view(2, 2)",
        [
            "with torch.no_grad():\n    a = torch.ones(4)\n    b = a.view(2, 2)",
            "with torch.inference_mode():\n    a = torch.ones(4)\n    b = a.view(2, 2) + 1",
        ],
    ),
    "limits.forward": (
        {"kind": "Linear", "line": "2"},
        "m = nn.Linear(2, 1)\ny = m.forward(torch.ones(3, 2)).sum()",
        [
            "m = nn.Linear(2, 1)\ny = m(torch.ones(3, 2)).sum()",
            TWICE.format(forward="super().forward(x)", call="net(torch.ones(3, 2))"),
            TWICE.format(forward="nn.Linear.forward(self, x)", call="net(torch.ones(3, 2))"),
            "class F2(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        return x * 2\ny = F2.forward(None, torch.ones(2))",
        ],
    ),
    "limits.tensors": (
        {"name": "cat", "line": "2", "count": "64"},
        "xs = [torch.ones(1, requires_grad=True) for _ in range(65)]\ny = torch.cat(xs).sum()",
        [
            "xs = [torch.ones(1, requires_grad=True) for _ in range(64)]\ny = torch.cat(xs).sum()",
            "x = torch.ones(64, requires_grad=True)\ny = sum(x.unbind())",
        ],
    ),
    "limits.gradients": (
        {"count": "1"},
        "x = torch.ones(2, requires_grad=True)\ny = x ** 2\nJ = torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True)",
        ["x = torch.ones(2, requires_grad=True)\ny = x ** 2\nJ = [torch.autograd.grad(y, x, row, retain_graph=True) for row in torch.eye(2)]"],
    ),
}  # fmt: skip

PROVOKES = {
    "limits.packed": "saved_tensors_hooks",
    "limits.checkpoint": "checkpoint",
    "limits.on_cpu": "save_on_cpu",
    "limits.func": "torch.func",
    "limits.dual": ("fwAD", "jacfwd"),
}
"""What a learner's code must name for a sentence to be no false alarm."""


def said(seen: Run) -> dict[str, dict[str, str]]:
    return {note.key: note.values for note in seen.notes if note.key.startswith("limits.")}


@pytest.mark.parametrize("key", CASES)
def test_a_run_that_touches_a_limit_says_so(key: str) -> None:
    values, code, _ = CASES[key]
    seen = run(code)
    assert seen.status == "ok"
    assert list(said(seen)) == [key]
    assert values.items() <= said(seen)[key].items()
    note = next(note for note in seen.notes if note.key == key)
    for language in LANGUAGES:
        assert all(value in tell(note, language) for value in values.values())
        assert "{" not in tell(note, language)


@pytest.mark.parametrize(("key", "at"), [(key, at) for key, case in CASES.items() for at in range(len(case[2]))])
def test_its_harmless_neighbour_does_not(key: str, at: int) -> None:
    seen = run(CASES[key][2][at])
    assert seen.status == "ok"
    assert not said(seen)


def test_a_forward_called_directly_is_told_of_with_the_outermost_module_that_it_hides() -> None:
    seen = run(TWICE.format(forward="super().forward(x)", call="net.forward(torch.ones(3, 2))"))
    assert said(seen) == {"limits.forward": {"kind": "Sequential", "line": "6"}}
    inner = run(TWICE.format(forward="super().forward(x)", call="net[0].forward(torch.ones(3, 2))"))
    assert said(inner) == {"limits.forward": {"kind": "Twice", "line": "6"}}


def test_the_line_of_the_first_call_that_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (forward, blind):
        monkeypatch.setattr(module, "MOST_OPS", 4)
    code = "x = torch.ones(2, requires_grad=True)\ny = x * 2\ny = y.exp()\nz = y.sum()\nprint(z.shape)"
    assert said(run(code)) == {}
    seen = run(code + "\nz = z * 2\nz = z * 3")
    assert said(seen) == {"limits.ops": {"count": "4", "line": "6"}}
    assert len(seen.ops) == 4
    assert len(seen.graph.nodes) == 6
    assert [node.line for node in seen.graph.nodes if node.op is None and node.kind != "leaf"] == [7, 6]


def test_nodes_of_calls_that_are_not_listed_have_their_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "MOST_OPS", 3)
    seen = run("net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())\nz = net(torch.ones(3, 2)).sum()")
    made = {node.name: (node.module, node.line, node.op) for node in seen.graph.nodes if node.kind != "leaf"}
    assert made["TanhBackward0"] == ("net.1", 2, None)
    assert made["AddmmBackward0"] == ("net.0", 2, None)


def test_graphs_that_are_too_large_for_saved_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (snapshot, blind):
        monkeypatch.setattr(module, "MOST_NODES_WITH_SAVED", 3)
    assert said(run("x = torch.ones(2, requires_grad=True)\ny = x.exp().sum()")) == {}
    seen = run("x = torch.ones(2, requires_grad=True)\ny = x.exp().exp().sum()")
    assert said(seen) == {"limits.saved": {"count": "3"}}
    assert not any(node.saved for node in seen.graph.nodes)


def test_calls_of_backward_that_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backward, "MOST_CALLS", 3)
    code = "x = torch.ones(2, requires_grad=True)\nfor _ in range({}):\n    (x * 2).sum().backward()"
    assert said(run(code.format(3))) == {}
    seen = run(code.format(5))
    assert said(seen) == {"limits.backwards": {"count": "2"}}
    assert len(seen.backwards) == 3


def test_tensors_that_get_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (variables, blind):
        monkeypatch.setattr(module, "MOST_NAMED", 3)
    assert said(run("a = [torch.ones(1) for _ in range(2)]")) == {}
    assert said(run("a = [torch.ones(1) for _ in range(4)]")) == {"limits.named": {"count": "3"}}


def test_a_view_of_a_leaf_made_in_inference_mode_is_no_failure() -> None:
    """torch gives it ``requires_grad`` and neither a grad_fn nor an AccumulateGrad."""
    seen = run("x = torch.ones(4, requires_grad=True)\nwith torch.inference_mode():\n    v = x.view(2, 2)\ny = x.sum()")
    assert seen.status == "ok"
    assert [node.name for node in seen.graph.nodes] == ["SumBackward0", "AccumulateGrad"]
    v = next(tensor for tensor in seen.tensors if tensor.name == "v")
    assert v.grad_fn is None
    assert v.is_view


@pytest.mark.parametrize("example", [example.name for example in examples()])
def test_no_example_touches_a_limit(example: str) -> None:
    assert not said(run(next(one.code for one in examples() if one.name == example)))


def test_what_learners_paste_touches_no_limit_that_it_does_not_name() -> None:
    for code in learner_table.AUTOGRAD:
        with torch.enable_grad():  # some turn it off, in a process of their own
            keys = said(run(code))
        for key in keys:
            words = PROVOKES[key]
            assert any(word in code for word in ((words,) if isinstance(words, str) else words)), (key, code)


def test_every_sentence_is_tested_here() -> None:
    elsewhere = {"limits.nested", "limits.ops", "limits.saved", "limits.backwards", "limits.named"}
    assert {key for key in texts() if key.startswith("limits.")} == CASES.keys() | elsewhere


def test_a_gradient_that_cannot_be_read_is_told_from_one_that_did_not_come() -> None:
    seen = run(CASES["limits.gradients"][1])
    power, leaf = seen.graph.nodes
    assert (power.unread, power.incoming, leaf.unread) == (True, (None,), False)
    assert leaf.incoming[0] is not None
    halves = run("x = torch.ones(4, requires_grad=True)\na, b = x.split(2)\ny = a.sum()")
    split = next(node for node in halves.graph.nodes if node.name == "SplitBackward0")
    assert split.incoming[1] is None
    assert not split.unread
