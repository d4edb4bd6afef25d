"""A proof beside torch's engine, without the rest of a run: graphs of all kinds are verified, and captures with a fault are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import nn
from torch.nn import functional as F

from explorer.capture.flow import Flow
from explorer.capture.proof import Proof
from explorer.capture.prover import Prover, asked_for
from explorer.capture.reader import Reader
from explorer.capture.walk import Walk, edge_of, walk
from explorer.ir import Verification

backward, grad = torch.autograd.backward, torch.autograd.grad


def prove(
    call: Callable[..., Any], *args: Any, spoil: Callable[[Walk], Any] | None = None, **kwargs: Any
) -> Verification:
    """Call backward or grad with a proof beside it; `spoil` is done to the captured graph before. Leaves are named by their shape."""
    kind = "grad" if call is grad else "backward"
    targets = args[0] if isinstance(args[0], list) else [args[0]]
    found = walk([edge_of(target).node for target in targets])
    if spoil is not None:
        spoil(found)
    proof = Prover("always", 50_000).proof(found, lambda: asked_for(kind, args, kwargs, found))
    assert isinstance(proof, Proof)
    flow = Flow(found, Reader())
    flow.listeners.append(proof)
    with flow.watching():
        returned = call(*args, **kwargs)
    proof.finish(returned)
    return proof.verification(
        {at: str(tuple(node.variable.shape)) for at, node in enumerate(found.nodes) if hasattr(node, "variable")}
    )


def exact(found: Verification, leaves: int) -> bool:
    """Whether all `leaves` leaves are equal bit for bit."""
    return (found.status, found.leaves, found.equal, found.largest_difference) == ("verified", leaves, leaves, 0.0)


def leaf(*shape: int, **options: Any) -> torch.Tensor:
    return torch.randn(*shape, requires_grad=True, **options)


def transformer() -> tuple[torch.Tensor, int]:
    model = nn.TransformerEncoderLayer(8, 2, 16)
    return model(torch.randn(4, 2, 8)).pow(2).sum(), len(list(model.parameters()))


def convolutions() -> tuple[torch.Tensor, int]:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(72, 5),
        nn.Dropout(0.3),
    )
    return F.cross_entropy(model(torch.randn(4, 3, 8, 8)), torch.tensor([0, 1, 2, 3])), len(list(model.parameters()))


def shared_module() -> tuple[torch.Tensor, int]:
    layer, x = nn.Linear(4, 4), leaf(2, 4)
    for _ in range(5):
        x = torch.tanh(layer(x)) + x
    return x.mean(), 3


def in_place_views() -> tuple[torch.Tensor, int]:
    x, y = leaf(4), leaf(3)
    z = x * 2
    z[0] = y[1]
    z[1:3].mul_(y[:2])
    return z.exp().sum(), 2


def several_outputs() -> tuple[torch.Tensor, int]:
    x = leaf(4, 6)
    first, *_, last = x.unbind(0)
    values, _ = x.split(2, dim=1)[1].sort(dim=0)
    return (first * last).sum() + values[0].prod(), 1


def complex_numbers() -> tuple[torch.Tensor, int]:
    c, x = leaf(5, dtype=torch.complex64), leaf(5)
    return (torch.fft.fft(c * x).abs() + c.real + c.conj().imag).sum(), 2


def sparse_gradients() -> tuple[torch.Tensor, int]:
    table = nn.Embedding(10, 3, sparse=True)
    return table(torch.tensor([1, 1, 2])).pow(2).sum() + table(torch.tensor([3, 1])).exp().sum(), 1


def mixed_gradients() -> tuple[torch.Tensor, int]:
    weight = leaf(10, 3)
    return F.embedding(torch.tensor([1, 1]), weight, sparse=True).sum() + (weight * weight).sum(), 1


def broadcast_and_expand() -> tuple[torch.Tensor, int]:
    x, y, z = leaf(3, 1), leaf(4), leaf(())
    return (x * y + z).sum() + (x.expand(3, 4) @ y).sum(), 3


def other_dtypes() -> tuple[torch.Tensor, int]:
    x, y = leaf(4), leaf(4, dtype=torch.float64)
    return (x.to(torch.bfloat16) * 2).sum().float() + (x * y).sum(), 2


GRAPHS = [
    transformer,
    convolutions,
    shared_module,
    in_place_views,
    several_outputs,
    complex_numbers,
    sparse_gradients,
    mixed_gradients,
    broadcast_and_expand,
    other_dtypes,
]


@pytest.mark.parametrize("make", GRAPHS)
def test_a_second_execution_has_the_same_bits(make: Callable[[], tuple[torch.Tensor, int]]) -> None:
    torch.manual_seed(3)
    loss, leaves = make()
    assert exact(prove(backward, loss, retain_graph=True), leaves)
    assert exact(prove(backward, loss), leaves)  # added to what the first left in .grad


@pytest.mark.parametrize("make", GRAPHS)
def test_gradients_are_the_same_with_and_without_a_proof(make: Callable[[], tuple[torch.Tensor, int]]) -> None:
    def gradients(proved: bool) -> list[torch.Tensor]:
        torch.manual_seed(3)
        loss, _ = make()
        leaves = [node.variable for node in walk([loss.grad_fn]).nodes if hasattr(node, "variable")]
        for _ in range(2):
            (prove if proved else lambda call, *a, **k: call(*a, **k))(backward, loss, retain_graph=True)
        return [one.grad.to_dense() for one in leaves] + [torch.get_rng_state()]

    assert all(torch.equal(one, other) for one, other in zip(gradients(True), gradients(False), strict=True))


def test_the_kernels_of_mkldnn_are_adopted() -> None:
    lstm = nn.LSTM(3, 4, 2, bidirectional=True)
    found = prove(backward, lstm(torch.randn(5, 2, 3))[0].pow(2).sum())
    assert exact(found, 16)
    assert found.adopted in ((), ("MkldnnRnnLayerBackward0",))


def test_returned_gradients_are_compared_too() -> None:
    x, y = leaf(3), leaf(3)
    hidden = x * y
    assert exact(prove(grad, (hidden.exp() * x).sum(), [hidden, x]), 2)
    assert exact(prove(grad, (x.exp() * 2).sum(), [x, y], allow_unused=True), 1)
    assert exact(prove(grad, (x.exp() * 2).sum(), [x, y], materialize_grads=True), 1)  # y is not in the graph
    assert exact(prove(grad, x * y, x, grad_outputs=torch.randn(3)), 1)


def test_double_backward() -> None:
    x = leaf(3)
    (first,) = grad((x**3).sum(), x, create_graph=True)
    assert exact(prove(grad, first.pow(2).sum(), x, create_graph=True), 1)
    assert exact(prove(backward, first.pow(2).sum()), 1)
    assert x.grad is not None


def test_several_roots_with_gradients_given() -> None:
    x = leaf(3)
    hidden = x * 2
    assert exact(prove(backward, [hidden, hidden.exp()], [torch.ones(3), torch.tensor([1.0, 2.0, 3.0])]), 1)
    assert exact(prove(backward, [x.sin()], [torch.ones(()).expand(3)]), 1)


def test_only_the_inputs_asked_for() -> None:
    x, y = leaf(3), leaf(3)
    assert exact(prove(backward, (x * y).sum(), inputs=[x]), 1)
    assert y.grad is None


def test_create_graph_differs_by_rounding_at_most() -> None:
    loss, leaves = transformer()
    found = prove(
        grad,
        loss,
        [node.variable for node in walk([loss.grad_fn]).nodes if hasattr(node, "variable")],
        create_graph=True,
    )
    assert (found.status, found.leaves) == ("verified", leaves)
    assert found.largest_difference <= found.tolerance


def test_a_custom_function_runs_once() -> None:
    calls = []

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            calls.append(1)
            return gradient * 2

    x = leaf(3)
    found = prove(backward, Double.apply(x.exp()).sum())
    assert exact(found, 1)
    assert found.adopted == ("DoubleBackward",)
    assert calls == [1]


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    steps = draw(st.integers(1, 14))
    names = st.sampled_from(["add", "mul", "sub", "sin", "exp", "split", "mean", "stack", "where", "detach"])
    return [(draw(names), draw(st.integers(0, 99)), draw(st.integers(0, 99))) for _ in range(steps)]


def execute(program: list[tuple[str, int, int]]) -> tuple[list[torch.Tensor], torch.Tensor]:
    torch.manual_seed(1)
    leaves = [torch.rand(4, requires_grad=True) for _ in range(3)]
    made = list(leaves)
    for name, left, right in program:
        one, other = made[left % len(made)], made[right % len(made)]
        if name in ("add", "mul", "sub"):
            made.append(getattr(torch, name)(one, other))
        elif name in ("sin", "exp"):
            made.append(getattr(torch, name)(one * 0.5))
        elif name == "split":
            first, second = one.split(2)
            made.append(torch.cat([second, first * 3]))
        elif name == "mean":
            made.append(one.mean() + other)
        elif name == "stack":
            made.append(torch.stack([one, other, one]).sum(0))
        elif name == "where":
            made.append(torch.where(one > 0.5, one, other))
        else:
            made.append(one.detach() * other)
    return leaves, made[-1].sum() + sum(leaves).mul(0.1).sum()


@given(programs())
def test_any_graph_is_verified(program: list[tuple[str, int, int]]) -> None:
    _, loss = execute(program)
    assert exact(prove(backward, loss), 3)


@given(programs(), st.integers(0, 10_000))
def test_no_lost_edge_passes(program: list[tuple[str, int, int]], at: int) -> None:
    """Whatever edge along which something flows is lost: the proof fails by no less than what it can see of it."""
    _, loss = execute(program)
    carried = []

    def spoil(found: Walk) -> None:
        source, slot, *_ = found.edges.pop(at % len(found.edges))
        found.nodes[source].register_hook(lambda sent, _: carried.append(sent[slot].abs().max().item()))

    found = prove(backward, loss, spoil=spoil)
    assert len(carried) == 1
    assert found.status == ("failed" if carried[0] else "verified")


def test_a_missing_edge_is_found_at_its_leaf_with_its_size() -> None:
    x, y = torch.tensor([2.0, 3.0], requires_grad=True), torch.tensor([5.0, 7.0, 11.0], requires_grad=True)
    loss = (x * 3).sum() + (x * 100).sum() + y.sum()

    def lose_the_hundred(found: Walk) -> None:
        muls = [at for at, node in enumerate(found.nodes) if node.name() == "MulBackward0"]
        lost = next(at for at in muls if found.nodes[at]._saved_other.item() == 100)
        found.edges = [edge for edge in found.edges if edge[0] != lost]

    found = prove(backward, loss, spoil=lose_the_hundred)
    assert (found.status, found.worst, found.largest_difference) == ("failed", "(2,)", 100.0)
    assert (found.leaves, found.equal) == (2, 1)


def test_a_leaf_that_was_not_found_at_all_is_missed() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    loss = (x * 3).sum() + y.sum() * 7

    def lose(found: Walk) -> None:
        at = next(at for at, node in enumerate(found.nodes) if getattr(node, "variable", None) is y)
        source = next(edge[0] for edge in found.edges if edge[2] == at)
        for column in (found.nodes, found.kinds, found.names, found.numbers, found.slots):
            del column[at]  # type: ignore[attr-defined]
        found.edges = [edge for edge in found.edges if edge[0] != source]
        found.edges = [(s - (s > at), slot, t - (t > at), nr) for s, slot, t, nr in found.edges]
        found.ids = {node: at for at, node in enumerate(found.nodes)}

    found = prove(backward, loss, spoil=lose)
    assert (found.status, found.largest_difference, found.worst) == ("failed", 7.0, "SumBackward0")


def test_swapped_slots_are_found() -> None:
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(5.0, requires_grad=True)

    def swap(found: Walk) -> None:
        (one, other) = found.edges
        found.edges = [(*one[:2], *other[2:]), (*other[:2], *one[2:])]

    found = prove(backward, x * y, spoil=swap)
    assert (found.status, found.largest_difference, found.equal) == ("failed", 3.0, 0)


def test_another_output_of_the_same_node_is_found() -> None:
    x = leaf(2, 3)
    first, second = x.unbind(0)

    def swap(found: Walk) -> None:
        found.edges = [
            (source, slot, target, 1 - nr if found.nodes[target].name() == "UnbindBackward0" else nr)
            for source, slot, target, nr in found.edges
        ]

    found = prove(backward, (first * 1 + second * 4).sum(), spoil=swap)
    assert (found.status, found.largest_difference, found.worst) == ("failed", 3.0, "(2, 3)")


def test_a_fault_above_a_custom_function_is_not_hidden_by_adopting() -> None:
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            return gradient

    x = leaf(3)
    hidden = Same.apply(x)

    def lose(found: Walk) -> None:
        del found.edges[
            next(at for at, edge in enumerate(found.edges) if found.nodes[edge[2]].name() == "SameBackward")
        ]

    found = prove(backward, (hidden * 2 + hidden.exp()).sum(), spoil=lose)
    assert found.status == "failed"


def test_a_gradient_that_was_changed_behind_torchs_back_is_found() -> None:
    x, y = leaf(2), leaf(3)

    def meddle(tensor: torch.Tensor) -> None:
        tensor.grad[0] += 0.5

    x.register_post_accumulate_grad_hook(meddle)
    found = prove(backward, x.sum() + y.sum())
    assert (found.status, found.worst, found.largest_difference, found.equal) == ("failed", "(2,)", 0.5, 1)


def test_what_is_written_into_a_gradient_is_not_written_into_the_proofs_own() -> None:
    """A leaf right behind a node that is adopted, or behind the root: torch may keep the very memory that flowed there."""

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            return gradient * 2

    def meddle(tensor: torch.Tensor) -> None:
        tensor.grad.add_(1)

    for make in (Twice.apply, lambda tensor: tensor.view(4)):
        x = leaf(2, 2)
        x.register_post_accumulate_grad_hook(meddle)
        found = prove(backward, make(x), torch.rand(make(x).shape))
        assert (found.status, found.largest_difference) == ("failed", pytest.approx(1))


def test_a_gradient_that_a_hook_took_away_is_not_compared() -> None:
    x, y = leaf(2), leaf(3)

    def take_away(tensor: torch.Tensor) -> None:
        tensor.grad = None

    x.register_post_accumulate_grad_hook(take_away)
    assert exact(prove(backward, x.sum() + y.sum()), 1)


def test_gradients_of_vmap_are_left_alone() -> None:
    x = leaf(3)
    y = x.exp()
    found = walk([y.grad_fn])
    args, kwargs = (y, x, torch.eye(3)), {"is_grads_batched": True}
    assert Prover("always", 100).proof(found, lambda: asked_for("grad", args, kwargs, found)) == "unreadable"


def test_only_what_writes_into_views_is_adopted_by_its_name() -> None:
    x, y = leaf(3), leaf(3)
    assert prove(backward, torch.copysign(x, y).sum()).adopted == ()
    z = x * 1
    z[0] = y[0]
    assert prove(backward, z.sum()).adopted == ("CopySlices",)
