"""Four runs kept as files: other parts test against them, and a change of what is captured is seen."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from samples import run

from explorer.ir import Run, decode_run, encode

GOLDEN = Path(__file__).parents[1] / "golden" / "runs"

CODE = {
    "expression": "(x + y) * w",
    "branch": """\
def dynamic_graph_example(x):
    if x > 0:
        y = x ** 2
    else:
        y = -x
    return y

x1 = torch.tensor(2.0, requires_grad=True)
y1 = dynamic_graph_example(x1)
y1.backward()

x2 = torch.tensor(-2.0, requires_grad=True)
y2 = dynamic_graph_example(x2)
y2.backward()
print(x1.grad, x2.grad)
""",
    "simple_model": """\
class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, x):
        return self.linear(x)

model = SimpleModel()
criterion = nn.MSELoss()
optimizer = optim.SGD(model.parameters(), lr=0.01)
inputs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
targets = torch.tensor([[1.0], [2.0]])
for epoch in range(10):
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = criterion(outputs, targets)
    loss.backward()
    optimizer.step()
""",
    "mlp": """\
class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU())
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x))

model = MLP()
x = torch.randn(5, 4)
target = torch.tensor([0, 1, 2, 0, 1])
loss = F.cross_entropy(model(x), target)
""",
}


def timeless(run: Run) -> Run:
    """A run with every clock at 0, and without cells that no tensor reaches: nobody wrote those (`mse_loss` leaves some behind its result)."""
    reach: dict[int, int] = {}
    for tensor in run.tensors:
        last = tensor.storage_offset + sum(
            (size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride, strict=True)
        )
        reach[tensor.storage_id] = max(reach.get(tensor.storage_id, 0), last + 1)
    storages = tuple(
        msgspec.structs.replace(storage, cells=storage.cells[: reach.get(storage.id, 0)]) for storage in run.storages
    )
    return msgspec.structs.replace(run, times=None, seconds=0.0, timings={}, storages=storages)


def differences(left: object, right: object, where: str = "run") -> list[str]:
    """Where two differ by more than the last digits of numbers, in which processors differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        missing = [f"{where}.{key} is in one only" for key in left.keys() ^ right.keys()]
        return missing + [
            one for key in left.keys() & right.keys() for one in differences(left[key], right[key], f"{where}.{key}")
        ]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            one for at, pair in enumerate(zip(left, right, strict=True)) for one in differences(*pair, f"{where}[{at}]")
        ]
    if isinstance(left, float) and isinstance(right, float) and left == pytest.approx(right, rel=1e-4, abs=1e-6):
        return []
    return [] if left == right else [f"{where}: {left} is not {right}"]


@pytest.mark.parametrize("name", CODE)
def test_run_is_as_kept(name: str, request: pytest.FixtureRequest) -> None:
    file = GOLDEN / f"{name}.json"
    seen = timeless(run(CODE[name]))
    if request.config.getoption("--update"):
        file.write_bytes(msgspec.json.format(encode(seen), indent=1) + b"\n")
    kept = file.read_bytes()
    decode_run(kept)
    assert differences(json.loads(encode(seen)), json.loads(kept)) == []
