"""The proof in a run: what it says of typed code, and that the code does not notice it."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import replace

import msgspec
import pytest
import torch
from samples import run
from test_golden_runs import timeless

from explorer.capture import prover
from explorer.ir import Run, Verification
from explorer.models import find

X = "x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\n"


def verified(code: str, **request: object) -> Verification:
    seen = run(code, **request)
    assert seen.status == "ok", seen.message
    assert seen.verification is not None
    return seen.verification


def test_an_expression_is_verified_bit_for_bit() -> None:
    assert verified("(x + y) * w") == Verification(status="verified", leaves=3, equal=3, executed=2)


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet18", "gpt", "lstm"])
def test_models_of_the_catalogue_are_verified(name: str) -> None:
    seen = run(find(name).code(batch=2), verify="always")
    found = seen.verification
    assert found is not None
    assert (found.status, found.leaves, found.equal) == ("verified", found.leaves, found.leaves)
    assert found.leaves == sum(node.kind == "leaf" for node in seen.graph.nodes)


@pytest.mark.parametrize(
    ("code", "leaves"),
    [
        ("x.exp().sum().backward()", 1),
        ("(x * 2).backward(torch.ones(3))", 1),
        ("for _ in range(3):\n    (x ** 2).sum().backward()", 1),
        ("y = x.sin().sum()\ny.backward(retain_graph=True)\ny.backward()", 1),
        ("g, = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)\ng.sum().backward()", 1),
        ("torch.autograd.grad((x ** 3).sum(), x)", 1),
        (
            "w = torch.ones(3, requires_grad=True)\ntorch.autograd.backward([(x * w).sum(), w.exp()], [None, torch.ones(3)])",
            2,
        ),
        ("m = nn.Linear(3, 2)\ntorch.autograd.grad(m(x).sum(), m.parameters())", 2),
        ("m = nn.Linear(3, 2)\ntorch.autograd.grad(m(x).sum(), dict(m.named_parameters()).values())", 2),
        ("m = nn.Linear(3, 2)\ntorch.autograd.backward(iter([m(x).sum()]), inputs=m.parameters())", 2),
    ],
)
def test_the_codes_own_calls_are_verified(code: str, leaves: int) -> None:
    found = verified(X + code)
    assert (found.status, found.leaves, found.equal) == ("verified", leaves, leaves)


def test_a_hook_that_changes_a_gradient_is_taken_over() -> None:
    code = "h = x * 2\nh.register_hook(lambda g: g * 10)\nh = h.exp()\nh.sum().backward()"
    seen = run(X + code)
    assert seen.verification == Verification(
        status="verified", leaves=1, equal=1, executed=3, adopted=("MulBackward0",)
    )


@pytest.mark.parametrize(
    "hook",
    ["y.grad_fn.register_prehook(lambda g: (g[0] * 3,))", "y.grad_fn.register_hook(lambda s, g: (s[0] * 3,))"],
)
def test_hooks_of_nodes_too(hook: str) -> None:
    found = verified(X + f"y = x.exp()\n{hook}\ny.sum().backward()")
    assert (found.status, found.equal, found.adopted) == ("verified", 1, ("ExpBackward0",))


def test_a_hook_that_only_reads_hides_nothing() -> None:
    found = verified(
        X + "y = x.exp()\ny.register_hook(lambda g: None)\nx.register_hook(lambda g: None)\ny.sum().backward()"
    )
    assert (found.status, found.equal, found.adopted) == ("verified", 1, ())


def test_a_gradient_changed_behind_autograds_back_fails() -> None:
    code = "def meddle(leaf):\n    leaf.grad[1] += 0.25\nx.register_post_accumulate_grad_hook(meddle)\n(x * 2).sum().backward()"
    found = verified(X + code)
    assert (found.status, found.worst, found.largest_difference, found.leaves, found.equal) == (
        "failed",
        "x",
        0.25,
        1,
        0,
    )
    assert found.tolerance < 1e-3


def test_an_edge_that_the_walk_loses_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    real = prover.Proof

    def blind(walk: object, *rest: object) -> object:
        at = max(at for at, edge in enumerate(walk.edges) if walk.nodes[edge[2]].name().endswith("AccumulateGrad"))
        return real(without_edge(walk, at), *rest)

    monkeypatch.setattr(prover, "Proof", blind)
    found = verified(X + "(x * 2 + x * 3).sum().backward()")
    assert (found.status, found.worst, found.largest_difference) == ("failed", "x", 3.0)


def without_edge(walk: object, lost: int) -> object:
    """The same walk without one edge."""
    return replace(walk, edges=walk.edges[:lost] + walk.edges[lost + 1 :])


EFFECTS = """\
class Loud(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()
    @staticmethod
    def backward(ctx, g):
        print("custom")
        x, = ctx.saved_tensors
        return g * x.exp()

def pack(t):
    return t
def unpack(t):
    print("unpack", tuple(t.shape))
    return t

torch.manual_seed(1)
x = torch.randn(3, requires_grad=True)
w = torch.randn(3, requires_grad=True)
w.register_hook(lambda g: print("leaf hook"))
y = Loud.apply(x * w)
y.register_hook(lambda g: print("tensor hook"))
y.retain_grad()
with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
    z = y * w.sin()
z.grad_fn.register_hook(lambda s, g: print("node hook"))
w.register_post_accumulate_grad_hook(lambda t: print("accumulated"))
loss = F.dropout(z, 0.5).sum()
loss.backward()
after = torch.rand(2)
"""


def test_code_does_not_notice_it() -> None:
    def seen(verify: str) -> Run:
        result = run(EFFECTS, verify=verify)
        assert result.status == "ok", result.message
        return msgspec.structs.replace(timeless(result), verification=None)

    assert seen("always") == seen("never")
    assert seen("always").stdout == plain_output(EFFECTS)
    found = verified(EFFECTS)
    assert (found.status, found.leaves, found.equal) == ("verified", 2, 2)
    assert set(found.adopted) == {"MulBackward0", "SinBackward0", "LoudBackward"}


def plain_output(code: str) -> str:
    """What the code prints where nothing watches it."""
    with redirect_stdout(io.StringIO()) as printed:
        exec(code, {"torch": torch, "F": torch.nn.functional, "__name__": "plain"})
    return printed.getvalue()


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpoint_is_computed_again_as_often_as_ever(reentrant: bool) -> None:
    code = f"""\
from torch.utils.checkpoint import checkpoint
w = torch.tensor([0.5, 2.0], requires_grad=True)
def block(h):
    print("block")
    return torch.tanh(h * w)
x = torch.ones(2, requires_grad=True)
loss = checkpoint(block, x * 2, use_reentrant={reentrant}).sum() + (w * w).sum()
loss.backward()
"""
    seen = run(code)
    assert seen.status == "ok", seen.message
    assert seen.stdout == "block\nblock\n"
    assert seen.verification is not None
    assert seen.verification.status == "verified"
    assert seen.verification.adopted


def test_what_the_proof_does_is_no_call_of_the_code() -> None:
    code = X + "y = x * 2\ny.backward(torch.ones(3).expand(3))\nafter = x + 1"
    assert run(code, verify="always").ops == run(code, verify="never").ops


def test_never_is_obeyed_and_what_has_nothing_to_prove_says_so() -> None:
    assert verified("(x + y) * w", verify="never") == Verification(status="skipped", reason="asked")
    assert run("x = torch.ones(2)\ny = x * 2").verification is None
    failed = run(X + "y = x * 2\ny.backward()")
    assert failed.status == "error"
    assert failed.verification == Verification(status="skipped", reason="raised")
    stopped = run(X + "y = x * 2\nraise ValueError")
    assert stopped.verification == Verification(status="skipped", reason="nothing")


def test_auto_leaves_out_what_is_large_and_always_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    code = X + "y = x\nfor _ in range(60):\n    y = y * 1.01\ny.sum().backward()"
    assert verified(code).status == "verified"
    monkeypatch.setattr(prover, "AUTO_NODES", 50)
    assert verified(code) == Verification(status="skipped", reason="large")
    assert verified(code, verify="always").status == "verified"
    monkeypatch.setattr(prover, "AUTO_NODES", 5_000)
    monkeypatch.setattr(prover, "AUTO_ELEMENTS", 100)
    assert verified(code) == Verification(status="skipped", reason="large")


def test_the_steps_of_a_training_share_what_auto_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prover, "AUTO_NODES", 10)
    code = X + "for _ in range({}):\n    (x ** 2).sum().backward()"
    assert verified(code.format(3)).status == "verified"  # three nodes each
    assert verified(code.format(4)) == Verification(status="skipped", reason="large")
    assert verified(code.format(4), backward=2).status == "verified"


def test_gradients_of_vmap_and_of_torch_func_are_no_fault() -> None:
    assert run(X + "torch.func.grad(lambda v: v.sin().sum())(x)").status == "ok"
    seen = run(X + "y = x ** 2\ng = torch.autograd.grad(y, x, torch.eye(3), is_grads_batched=True)\nprint(g[0].shape)")
    assert (seen.status, seen.stdout) == ("ok", "torch.Size([3, 3])\n")
    assert seen.verification == Verification(status="skipped", reason="unreadable")
    assert run(X + "torch.autograd.functional.jacobian(lambda v: v ** 2, x, vectorize=True)").status == "ok"
