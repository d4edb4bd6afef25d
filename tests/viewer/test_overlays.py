"""What overlays say of boxes, against torch by itself; and that their colours can be told apart and read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from samples import run
from tabs import Tabs
from torch import nn
from torch.nn import functional as F

from explorer.ir import Layout, Run
from tests.viewer import module_page, scene_page
from tests.viewer.graph_page import drawn

MODEL = """net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)))
net[0].bias.requires_grad_(False)
data = torch.randn(5, 4)
loss = F.cross_entropy(net(data), torch.tensor([0, 1, 2, 1, 0]))
loss.backward()"""

VALUES = """async (name) => {
  const { overlay } = await import("/overlays.mjs");
  const found = overlay(name, scene);
  return {
    boxes: Object.fromEntries(Array.from({ length: scene.count }, (_, box) => [scene.id(box), { text: found.text(box), letter: found.letter(box), look: String(found.look(box)), value: found.values[box] }])),
    scale: found.scale && { low: found.scale.low, high: found.scale.high, ticks: found.scale.ticks },
    facts: Object.fromEntries(Array.from({ length: scene.count }, (_, box) => [scene.id(box), scene.boxDetail(box)])),
  };
}"""

COLORS = """async () => {
  const { color, HUES, inkOn } = await import("/scales.mjs");
  const written = (rgb) => `rgb(${rgb.join(", ")})`;
  const steps = Array.from({ length: 64 }, (_, step) => color(step / 63));
  const hues = HUES.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return { steps, all: [...steps, ...hues].map((rgb) => [rgb, inkOn(written(rgb)) === "#ffffff" ? 255 : 0]) };
}"""


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(MODEL)


@pytest.fixture(scope="module")
def net() -> nn.Module:
    """The same model, run by torch alone."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)))
    net[0].bias.requires_grad_(False)
    F.cross_entropy(net(torch.randn(5, 4)), torch.tensor([0, 1, 2, 1, 0])).backward()
    return net


@pytest.fixture(scope="module")
def blank(tabs: Tabs) -> Iterator[Page]:
    with module_page.blank_page(tabs) as page:
        yield page


def told(page: Page, name: str, captured: Run, layout: Layout) -> dict[str, Any]:
    scene_page.load(page, captured, layout)
    return page.evaluate(VALUES, name)


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("grad", lambda parameter: parameter.grad.norm().item()),
        ("ratio", lambda parameter: (parameter.grad.norm() / parameter.detach().norm()).item()),
        ("zeros", lambda parameter: (parameter.grad == 0).double().mean().item()),
    ],
)
def test_gradients_are_those_of_torch_and_a_folded_module_shows_the_largest(
    blank: Page, captured: Run, net: nn.Module, name: str, of: Any
) -> None:
    wanted = {key: of(parameter) for key, parameter in net.named_parameters() if parameter.requires_grad}
    open_ = told(blank, name, captured, drawn(captured))
    for node in captured.graph.nodes:
        if node.kind == "leaf":
            value = open_["boxes"][f"n{node.id}"]["value"]
            assert value == pytest.approx(wanted[node.variable.removeprefix("net.")], rel=1e-5)
    folded = told(blank, name, captured, drawn(captured, frozenset({"net"})))
    inner = max(value for key, value in wanted.items() if key.startswith("2."))
    shown = folded["boxes"]["m:net.2#0"]["value"]
    assert shown >= inner * (1 - 1e-6)
    if name == "ratio":
        assert shown == pytest.approx(inner, rel=1e-5)
    assert folded["scale"] == open_["scale"]


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("saved", lambda facts: facts.get("saved_bytes", facts.get("memory", {}).get("saved"))),
        ("forward", lambda facts: facts.get("time", {}).get("forward")),
        ("backward", lambda facts: facts.get("time", {}).get("backward")),
    ],
)
def test_sums_are_those_of_the_inspector(blank: Page, captured: Run, name: str, fact: Any) -> None:
    found = told(blank, name, captured, drawn(captured, frozenset({"net"})))
    shown = [box for box, facts in found["facts"].items() if fact(facts) and box.startswith(("m:", "n"))]
    assert any(box.startswith("m:") for box in shown)
    for box in shown:
        assert found["boxes"][box]["value"] == pytest.approx(fact(found["facts"][box]), rel=1e-3)
    without = [box for box, facts in found["facts"].items() if not fact(facts) and box.startswith("n")]
    assert {found["boxes"][box]["look"] for box in without} <= {"-1"}


def test_classes_have_a_letter_each_and_say_where_there_is_more(blank: Page, captured: Run) -> None:
    layout = drawn(captured, frozenset({"net"}))
    state = told(blank, "state", captured, layout)["boxes"]
    texts = {box.title: state[box.id]["text"] for box in layout.boxes}
    assert texts["data"] == "input without gradient"
    assert state[next(box.id for box in layout.boxes if box.kind == "module")]["text"].endswith("+")
    whole = drawn(captured)
    state = told(blank, "state", captured, whole)["boxes"]
    frozen = next(box for box in whole.boxes if box.kind == "input" and box.title == "bias")
    assert state[frozen.id]["text"] == "frozen parameter"
    assert {state[box.id]["text"] for box in whole.boxes if box.kind == "leaf"} == {"leaf with requires_grad"}
    module = told(blank, "module", captured, whole)["boxes"]
    letters = {box["text"]: box["letter"] for box in module.values() if box["text"]}
    assert letters == {"net.0": "A", "net.1": "B", "net.2": "C"}
    assert {box["text"] for box in told(blank, "dtype", captured, whole)["boxes"].values()} <= {"float32", "int64", ""}


def test_what_is_not_finite_is_told_and_is_the_worst_of_a_module(blank: Page) -> None:
    captured = run(
        "x = torch.tensor([0., 1.], requires_grad=True)\ny = torch.sqrt(x).sum() + x.sum() * 0\ny.backward()"
    )
    leaf = next(node for node in captured.graph.nodes if node.kind == "leaf")
    for name, text in [("grad", "inf"), ("odd", "inf")]:
        box = told(blank, name, captured, drawn(captured))["boxes"][f"n{leaf.id}"]
        assert box["text"] == text
    assert box["letter"] == "∞"


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([1e-8, 3.0, 0.0], {"log": True}),
        ([2.0, 7.0], {"log": True}),
        ([5.0], {"log": True}),
        ([0.2, 0.9], {"from": 0, "to": 1}),
        ([0.0, 0.0], {"log": True}),
    ],
)
def test_a_scale_puts_numbers_between_its_ticks(blank: Page, values: list[float], options: dict[str, Any]) -> None:
    script = """async ([values, options, asked]) => {
      const { scaleOf } = await import("/scales.mjs");
      const scale = scaleOf(values, options);
      return scale && { ...scale, places: asked.map((each) => scale.place(each)) };
    }"""
    scale = blank.evaluate(script, [values, options, values])
    if not any(values):
        assert scale is None
        return
    low, high = scale["low"], scale["high"]

    def place(number: float) -> float:
        shape = math.log if options.get("log") else float
        return 0.0 if number <= 0 else (shape(number) - shape(low)) / (shape(high) - shape(low))

    assert scale["places"] == pytest.approx([place(value) for value in values], abs=1e-9)
    assert 2 <= len(scale["ticks"]) <= 8
    for tick in scale["ticks"]:
        assert low * (1 - 1e-9) <= tick["number"] <= high * (1 + 1e-9)
        assert tick["at"] == pytest.approx(place(tick["number"]), abs=1e-9)


def luminance(rgb: list[int]) -> float:
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def deuteranope(rgb: list[int]) -> list[float]:
    """Red and green as somebody without M cones sees them (Viénot, Brettel and Mollon 1999), roughly."""
    red, green, blue = rgb
    mixed = 0.29 * red + 0.71 * green
    return [mixed, mixed, 0.02 * (red - green) + blue]


def test_the_scale_rises_evenly_also_for_the_colour_blind_and_every_text_can_be_read(blank: Page) -> None:
    found = blank.evaluate(COLORS)
    light = [luminance(step) for step in found["steps"]]
    assert all(after > before for before, after in pairwise(light))
    seen = [deuteranope(step) for step in found["steps"]]
    steps = [math.dist(before, after) for before, after in pairwise(seen)]
    assert min(steps) > 0.3 * max(steps)
    for rgb, ink in found["all"]:
        bright, dark = sorted([luminance(rgb), luminance([ink] * 3)], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, rgb


RECORDED = """async (said) => {
  const { use, note, stale } = await import("/recorded.mjs");
  const { offered, overlay } = await import("/overlays.mjs");
  const { stepOf } = await import("/scales.mjs");
  use(scene, said);
  const found = overlay("recorded", scene);
  const boxes = Object.fromEntries(Array.from({ length: scene.count }, (_, box) => [scene.id(box), found.values[box]]));
  const frames = Object.fromEntries(Array.from(found.frames, (look, frame) => [scene.text("frame_module", frame), look]));
  return { boxes, frames, highest: stepOf(found.scale.place(3)), scale: found.scale && [found.scale.low, found.scale.high], note: note(found, scene)?.[0], stale: stale(scene), offered: offered(scene).includes("recorded") };
}"""


def test_the_numbers_of_another_step_colour_parameters_and_what_holds_them(blank: Page) -> None:
    captured = run(
        "model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))\nmodel(torch.randn(5, 4)).square().sum().backward()"
    )
    norms = {"0.weight": 3.0, "0.bias": 0.25, "2.weight": "NaN", "2.bias": 0.5}
    said = {"step": 7, "full": 1, "same": True, "values": norms, "low": 0.001, "high": 1e6}
    leaves = {
        f"n{node.id}": node.variable.removeprefix("model.") for node in captured.graph.nodes if node.kind == "leaf"
    }
    told(blank, "grad", captured, drawn(captured))
    found = blank.evaluate(RECORDED, said)
    for box, value in found["boxes"].items():
        wanted = norms[leaves[box]] if box in leaves else -1
        assert value == wanted or (wanted == "NaN" and math.isnan(value))
    assert (found["scale"], found["note"]) == ([0.001, 1e6], "recorded.leaves")
    assert found["frames"]["model.0"] == found["highest"]
    assert (found["frames"]["model.2"], found["frames"]["model"]) == (-2, -2)  # NaN has to be seen
    assert found["stale"]
    assert found["offered"]
    differs = blank.evaluate(RECORDED, {**said, "same": False})
    assert (set(differs["boxes"].values()), differs["note"]) == ({-1}, "recorded.differs")
    assert blank.evaluate(RECORDED, {**said, "same": None})["note"] == "recorded.unknown"
    folded = told(blank, "grad", captured, drawn(captured, frozenset({"model"})))
    assert blank.evaluate(RECORDED, said)["boxes"]["m:model.0#0"] == 3
    full = blank.evaluate(RECORDED, {**said, "step": 1})
    assert full["boxes"] == {box: values["value"] for box, values in folded["boxes"].items()}
    assert not full["stale"]
