"""What a folded module says it saved, against the run's own weighing."""

from __future__ import annotations

from hypothesis import given
from samples import run

from explorer.capture.memory import weigh
from explorer.graph.memory import saved_bytes
from tests.graph.graphs import Example
from tests.graph.random_graphs import examples

CODE = """\
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 8), nn.Tanh()), nn.Linear(8, 1))
x = torch.randn(16, 10)
loss = model(x[:, 2:6]).square().mean()
"""


def test_a_view_counts_its_whole_storage_and_two_views_count_it_once() -> None:
    seen = run(
        "x = torch.randn(1000, requires_grad=True)\ny = torch.randn(1000)\nz = (x[:3] * y[:3] + x[3:6] * y[3:6]).sum()"
    )
    multiplied = [node for node in seen.graph.nodes if node.name == "MulBackward0"]
    assert [saved_bytes([node]) for node in multiplied] == [4000, 4000]
    assert saved_bytes(multiplied) == 4000


def test_every_module_weighs_what_the_run_says() -> None:
    seen = run(CODE)
    assert seen.memory is not None
    assert saved_bytes(seen.graph.nodes) == seen.memory.run.saved > 0
    weights = {weight.path: weight.saved for weight in seen.memory.modules}
    assert weights.keys() == {"model", "model.0", "model.1", "model.2", "model.2.0", "model.2.1", "model.3"}
    for path, saved in weights.items():
        inside = [node for node in seen.graph.nodes if node.module and f"{node.module}.".startswith(f"{path}.")]
        assert saved_bytes(inside) == saved


def test_what_has_no_storage_weighs_nothing() -> None:
    seen = run(
        "a = torch.eye(3).to_sparse()\nx = torch.ones(3, 2, requires_grad=True)\ny = torch.sparse.mm(a, x).sum()"
    )
    (product,) = (node for node in seen.graph.nodes if "mm" in node.name.lower())
    assert any(saved.tensor and saved.tensor.layout != "strided" for saved in product.saved)
    assert saved_bytes([product]) == sum(
        saved.tensor.storage_nbytes for saved in product.saved if saved.tensor and saved.tensor.layout == "strided"
    )


@given(example=examples())
def test_any_graph_weighs_the_same_on_both_sides(example: Example) -> None:
    graph, ops = example
    weighed = weigh(graph, ops)
    assert weighed.run.saved == saved_bytes(graph.nodes)
    for one in weighed.modules:
        inside = [node for node in graph.nodes if node.module and f"{node.module}.".startswith(f"{one.path}.")]
        assert one.own <= one.saved == saved_bytes(inside) <= weighed.run.saved
    assert all(0 <= one.nbytes <= weighed.run.own for one in weighed.freezing)
