"""What a search finds, against sets worked out from the run by itself: one table of queries, and of queries that cannot be read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from samples import run
from tabs import Tabs

from explorer.ir import Node, Run
from explorer.words import catalogue
from tests.viewer import module_page, scene_page
from tests.viewer.graph_page import drawn

CODE = """net = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Sequential(nn.Linear(64, 8), nn.ReLU()))
net[0].bias.requires_grad_(False)
data = torch.ones(2, 4)
hidden = net(data)
half = hidden.to(torch.float16)
bad = torch.sqrt(hidden - hidden.detach()).sum()
loss = half.sum() * 3 + bad
loss.backward()"""

FIND = """async (query) => {
  const { find } = await import("/search.mjs");
  const { places, count, problem } = find(scene, query);
  if (problem) return { problem: problem.key, values: problem.values };
  const found = places.flatMap(({ subjects }) => [...subjects]);
  return { count, nodes: found.filter((one) => one < scene.subjects.nodes).sort((a, b) => a - b), others: found.filter((one) => one >= scene.subjects.nodes).map((one) => scene.id(scene.subjects.second[one - scene.subjects.nodes])).sort() };
}"""


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(CODE)


@pytest.fixture(scope="module")
def page(tabs: Tabs, captured: Run) -> Iterator[Page]:
    with module_page.blank_page(tabs) as page:
        scene_page.load(page, captured, drawn(captured, show_saved=True))
        yield page


def norm(node: Node) -> float:
    arrived = [float(each.stats.norm) for each in node.incoming if each]
    return math.sqrt(sum(each * each for each in arrived)) if arrived else math.nan


def kept(node: Node) -> int:
    storages = {each.tensor.storage_id: each.tensor.storage_nbytes for each in node.saved if each.tensor}
    return sum(storages.values()) if storages else -1


def odd(node: Node, field: str) -> bool:
    stats = [each.stats for each in node.incoming if each] + [each.stats for each in node.saved if each.stats]
    return any(getattr(each, field) for each in stats)


def zeros(node: Node) -> float:
    stats = [each.stats for each in node.incoming if each]
    return sum(each.zeros for each in stats) / sum(each.numel for each in stats) if stats else math.nan


def shape(node: Node) -> tuple[int, ...]:
    return node.output.shape if node.output else ()


Meant = Callable[[Node], object]

NODES: dict[str, Meant] = {
    "relu": lambda node: "Relu" in node.name,
    "RELU kind:operation": lambda node: "Relu" in node.name,
    "kind:leaf": lambda node: node.kind == "leaf",
    "kind:op": lambda node: node.kind == "operation",
    "line:6": lambda node: node.line == 6,
    "행:6": lambda node: node.line == 6,
    "line:5-6": lambda node: node.line in (5, 6),
    "name:AddmmBackward0": lambda node: node.name == "AddmmBackward0",
    "name:*weight": lambda node: (node.variable or "").endswith("weight"),
    "module:net.2": lambda node: (node.module or node.variable or "").startswith("net.2."),
    "module:2.*": lambda node: (node.module or "").startswith("net.2.") or (node.variable or "").startswith("net.2."),
    "module:net kind:leaf": lambda node: node.kind == "leaf",
    "shape:[64,*]": lambda node: len(shape(node)) == 2 and shape(node)[0] == 64,
    "shape:(2, 64)": lambda node: shape(node) == (2, 64),
    "shape:2x*": lambda node: len(shape(node)) == 2 and shape(node)[0] == 2,
    "shape:[64,...]": lambda node: bool(shape(node)) and shape(node)[0] == 64,
    "shape:[]": lambda node: bool(node.output) and shape(node) == (),
    "dtype:float16": lambda node: bool(node.output) and node.output.dtype == "float16",
    "dtype:torch.float*": lambda node: bool(node.output),
    "device:cpu": lambda node: bool(node.output),
    "grad>1": lambda node: norm(node) > 1,
    "grad<=3": lambda node: norm(node) <= 3,
    "grad=3": lambda node: norm(node) == 3,
    "nan": lambda node: odd(node, "nans"),
    "inf": lambda node: odd(node, "infs"),
    "zeros>=50%": lambda node: zeros(node) >= 0.5,
    "zeros<0.5": lambda node: zeros(node) < 0.5,
    "saved>0.5kB": lambda node: kept(node) > 500,
    "saved<1kib": lambda node: 0 <= kept(node) < 1024,
    '"half.sum() * 3"': lambda node: node.op is not None and "half.sum() * 3" in TEXTS[node.op],
    "half.sum() line:7": lambda node: node.line == 7 and node.op is not None and "half.sum()" in TEXTS[node.op],
    "nowhere": lambda node: False,
}
TEXTS: list[str] = []


@pytest.mark.parametrize("query", NODES)
def test_it_finds_the_nodes_that_are_meant(page: Page, captured: Run, query: str) -> None:
    TEXTS[:] = [op.text for op in captured.ops]
    found = page.evaluate(FIND, query)
    wanted = [node.id for node in captured.graph.nodes if NODES[query](node)]
    assert found["nodes"] == wanted
    assert found["count"] == len(wanted) + len(found["others"])


def test_times_are_those_of_the_call_and_of_the_node(page: Page, captured: Run) -> None:
    times = captured.times
    assert times
    for unit, factor in [("us", 1e-6), ("ms", 1e-3), ("", 1)]:
        for node in captured.graph.nodes[:4]:
            forward = times.forward[node.op] if node.op is not None else 0.0
            took = forward + (times.backward[node.id] or 0.0)
            low, high = (f"time>{took / factor * scale:.9g}{unit}" for scale in (0.99, 1.01))
            assert node.id in page.evaluate(FIND, low)["nodes"]
            assert node.id not in page.evaluate(FIND, high)["nodes"]


def test_inputs_saved_tensors_and_results_are_found_as_themselves(page: Page, captured: Run) -> None:
    layout = drawn(captured, show_saved=True)

    def boxes(kind: str) -> list[str]:
        return sorted(box.id for box in layout.boxes if box.kind == kind)

    for kind in ("input", "saved", "result"):
        assert boxes(kind)
        assert page.evaluate(FIND, f"kind:{kind}")["others"] == boxes(kind)
    frozen = page.evaluate(FIND, "kind:frozen")
    assert not frozen["nodes"]
    assert frozen["others"] == sorted(box.id for box in layout.boxes if box.kind == "input" and "bias" in box.title)
    assert page.evaluate(FIND, "shape:[2,4] kind:input")["others"] == [
        box.id for box in layout.boxes if box.title == "data"
    ]


PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "knd:leaf": ("key", {"key": "knd"}),
    "kind:thing": ("kind", {"kind": "thing"}),
    "kind:": ("empty", {"key": "kind"}),
    "line:x": ("line", {"line": "x"}),
    "shape:[64,a]": ("shape", {"shape": "[64,a]"}),
    "shape:[...,64]": ("shape", {"shape": "[...,64]"}),
    "grad>many": ("number", {"term": "grad>many", "example": "grad>0.5"}),
    "saved>1lb": ("number", {"term": "saved>1lb", "example": "saved>1MB"}),
    "time>": ("number", {"term": "time>", "example": "time>1ms"}),
    "grad:3": ("compare", {"key": "grad"}),
}


@pytest.mark.parametrize("query", PROBLEMS)
def test_what_cannot_be_read_is_told_in_a_sentence(page: Page, query: str) -> None:
    key, values = PROBLEMS[query]
    found = page.evaluate(FIND, query)
    assert found["problem"] == f"find.problem.{key}"
    assert values.items() <= found["values"].items()
    assert f"viewer.{found['problem']}" in catalogue()


@pytest.mark.parametrize(
    "query", ["", "   ", "aten::mul", 'x[1:2] "a:b"', "((", "[", '"', "\\d+ .* $", "\u202e", "a" * 10_000]
)
def test_any_text_may_be_typed(page: Page, query: str) -> None:
    assert "problem" not in page.evaluate(FIND, query)
