"""The inspector, the badge and the marks in a real Chromium, opened from a file: nobody there can run anything again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect
from samples import run

from explorer.ir import Check, CheckedInput, Memory, NodeKind, Operator, Run, Saving, Times, Verification, Weight
from tests.viewer.graph_page import GraphPage, drawn

Open = Callable[..., GraphPage]

CODE = """x = torch.linspace(-1, 1, 40, requires_grad=True)
w = torch.tensor(2.0, requires_grad=True)
y = x * w
loss = (y ** 2 + y.exp()).sum()
loss.backward()"""

OPERATORS = (
    Operator(
        name="aten::mul.Tensor", keys=("AutogradCPU", "CPU"), kernel="CPU", schema="mul.Tensor(Tensor self) -> Tensor"
    ),
)


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(CODE)


def marked(captured: Run, name: str, /, **fields: Any) -> Run:
    nodes = [replace(each, **fields) if each.name == name else each for each in captured.graph.nodes]
    return replace(captured, graph=replace(captured.graph, nodes=tuple(nodes)))


def unfold(graph: GraphPage, name: str) -> None:
    graph.section(name).locator("summary").click()


def test_what_is_folded_or_opened_stays_so_for_the_next_box(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.click("x * w")
    expect(graph.section("inputs").locator("details")).not_to_have_attribute("open", "")
    unfold(graph, "inputs")
    unfold(graph, "incoming")
    graph.click("y ** 2")
    expect(graph.section("inputs").locator("details")).to_have_attribute("open", "")
    expect(graph.section("incoming").locator("details")).not_to_have_attribute("open", "")


def test_a_section_folds_by_keyboard(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.click("x * w")
    graph.section("saved").locator("summary").focus()
    graph.page.keyboard.press("Enter")
    expect(graph.section("saved").locator("details")).not_to_have_attribute("open", "")


def test_the_formula_is_drawn_as_mathematics_and_read_aloud(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.click("x * w")
    drawn_formula = graph.section("local").locator("math").first
    expect(drawn_formula).to_be_visible()
    assert drawn_formula.evaluate("math => math.namespaceURI") == "http://www.w3.org/1998/Math/MathML"
    assert drawn_formula.get_attribute("aria-label")


def test_only_mathml_is_drawn_as_a_formula(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    hostile = [
        "<math><mi>x</mi><script>alert(1)</script></math>",
        "<math><mi><img src='x'/></mi></math>",
        "<math><annotation-xml encoding='text/html'>x</annotation-xml></math>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "<math",
        "",
    ]
    shown = graph.page.evaluate(
        """async (sources) => {
          const { math } = await import("explorer/mathml.mjs");
          return sources.map((source) => math(source, "as text").outerHTML);
        }""",
        hostile,
    )
    assert shown == ["<code>as text</code>"] * len(hostile)
    kept = graph.page.evaluate(
        """async () => {
          const { math } = await import("explorer/mathml.mjs");
          return math('<math onclick="alert(1)" href="javascript:1"><mi style="color:red">x</mi></math>', "x").innerHTML;
        }"""
    )
    assert "onclick" not in kept
    assert "javascript" not in kept
    assert "color" not in kept
    assert "<mi>x</mi>" in kept


def test_a_histogram_has_a_bar_for_each_bin_that_is_not_empty(open_graph: Open, captured: Run) -> None:
    edge = captured.graph.edges[-1]
    stats = replace(edge.gradient.stats, histogram=(4, 0, 8, 2), zeros=10, numel=40, nans=1, counted=20)
    gradient = replace(edge.gradient, value=None, stats=stats)
    graph = open_graph(marked(captured, "MulBackward0", incoming=(gradient,)))
    graph.click("x * w")
    section = graph.section("incoming")
    bars = section.locator(".histogram").first.locator("rect")
    heights = [float(bar.get_attribute("height")) for bar in bars.all()]
    assert heights[1] == 0
    assert heights[2] == 34
    assert heights[0] == pytest.approx(17, abs=1)
    expect(section).to_contain_text("10 · 25 %")
    expect(section.locator(".alarm dt")).to_have_text("NaN")
    expect(section).to_contain_text("Bars from 20 elements")


def test_a_small_tensor_s_histogram_counts_its_own_numbers(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.click("x")
    value = graph.section("tensor").locator(".histogram").first
    heights = [float(bar.get_attribute("height")) for bar in value.locator("rect").all()]
    # 40 numbers evenly spread over 12 bins: 3 or 4 in each, 4 is the highest.
    assert sorted({round(height / 34 * 4) for height in heights}) == [3, 4]


def test_each_use_of_a_tensor_leads_to_its_node(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.click("x * w")
    uses = graph.section("incoming").locator(".contributions .link")
    assert sorted(uses.all_inner_texts()) == ["from y ** 2", "from y.exp()"]
    uses.filter(has_text="y.exp()").click()
    assert graph.heading() == "ExpBackward0"


def test_uses_by_several_calls_of_a_module_are_told_apart(open_graph: Open) -> None:
    graph = open_graph(run("m = nn.Linear(2, 2)\nm(m(torch.ones(1, 2))).sum().backward()"))
    graph.click("weight")
    uses = graph.section("incoming").locator(".contributions .name")
    assert [text.split("call")[1] for text in uses.all_inner_texts()] == [" 2 of 2", " 1 of 2"]


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("TwinBackward", "custom", "TwinBackward belongs to a function that the code defines itself"),
        ("FancyBackward0", "operation", "There is no formula for FancyBackward0 here."),
    ],
)
def test_a_derivative_that_is_not_known_says_so(
    open_graph: Open, captured: Run, name: str, kind: NodeKind, said: str
) -> None:
    graph = open_graph(marked(captured, "MulBackward0", name=name, kind=kind))
    graph.click("x * w")
    expect(graph.section("local")).to_contain_text(said)


def test_shared_memory_leads_to_who_holds_it(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.click("x * w")
    saved = graph.section("saved")
    expect(saved.locator(".alias").first).to_contain_text("same memory as")
    saved.get_by_role("button", name="w", exact=True).click()
    assert graph.heading() == "AccumulateGrad"
    assert graph.section("tensor").locator(".numbers").first.inner_text() == "2"


def test_the_layers_go_from_python_down_to_the_kernel(open_graph: Open, captured: Run) -> None:
    ops = tuple(replace(op, operators=(0,)) for op in captured.ops)
    graph = open_graph(replace(captured, operators=OPERATORS, ops=ops))
    graph.click("x * w")
    expect(graph.section("layers").locator(".brief")).to_have_text("aten::mul.Tensor")
    unfold(graph, "layers")
    steps = graph.section("layers").locator("li")
    for step, text in enumerate(["x * w", "MulBackward0", "mul.Tensor(Tensor self)", "AutogradCPU → CPU", "CPU"]):
        expect(steps.nth(step)).to_contain_text(text)


def test_time_and_memory_are_told_with_their_share(open_graph: Open, captured: Run) -> None:
    made = next(node for node in captured.graph.nodes if node.name == "MulBackward0")
    forward = tuple(0.25 if at == made.op else 0.75 / (len(captured.ops) - 1) for at in range(len(captured.ops)))
    backward = tuple(0.5 if node.id == made.id else None for node in captured.graph.nodes)
    graph = open_graph(replace(captured, times=Times(forward=forward, backward=backward, repeats=5)))
    graph.click("x * w")
    unfold(graph, "time")
    expect(graph.section("time").locator("dd")).to_have_text(["250 ms · 25 %", "500 ms · 100 %"])
    expect(graph.section("time")).to_contain_text("Median of 5 further runs")
    unfold(graph, "memory")
    expect(graph.section("memory").locator("dd")).to_have_text(["164 B", "0 B"])


def test_marks_are_explained_where_they_are_and_in_the_legend(open_graph: Open, captured: Run) -> None:
    hooked = marked(captured, "MulBackward0", hooks=("tensor hook: clip",), retains_grad=True, segment=1)
    graph = open_graph(marked(hooked, "ExpBackward0", order=2))
    plain = open_graph(captured)
    for word in ("hook", "retain_grad()", "checkpointed", "2nd or later derivative"):
        expect(graph.page.locator(".legend")).to_contain_text(word)
        expect(plain.page.locator(".legend")).not_to_contain_text(word)
    box = next(box for box in graph.layouts[0].boxes if box.title == "x * w")
    spot = graph.at(box.x + box.width / 2 - 14, box.y - box.height / 2)
    around = [(dx, dy) for dx in range(-4, 5) for dy in range(-4, 5)]
    assert {graph.pixel(spot["x"] + dx, spot["y"] + dy) for dx, dy in around} != {
        plain.pixel(spot["x"] + dx, spot["y"] + dy) for dx, dy in around
    }
    second = next(box for box in graph.layouts[0].boxes if box.title == "y.exp()")
    inside = graph.at(second.x - second.width / 2 + 8, second.y)
    assert graph.pixel(**inside) != plain.pixel(**inside)
    graph.click("x * w")
    expect(graph.section("origin").locator(".brief")).to_have_text("hooks · retain_grad · checkpoint")
    unfold(graph, "origin")
    expect(graph.section("origin").locator("li")).to_have_text(["tensor hook: clip"])
    expect(graph.section("origin")).to_contain_text("checkpointed segment 2")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Trying to backward through the graph a second time", "backward freed it"),
        ("modified by an inplace operation", "changed in place"),
        ("packed by saved_tensors_hooks", "saved_tensors_hooks"),
        ("kept by checkpoint: computed again in backward", "checkpoint computes it again"),
        ("kept in the memory of the CPU by save_on_cpu", "Moved away"),
        ("something else", "could not be read"),
    ],
)
def test_a_missing_saved_tensor_says_why(open_graph: Open, captured: Run, error: str, words: str) -> None:
    saved = next(node for node in captured.graph.nodes if node.name == "ExpBackward0").saved
    gone = tuple(replace(each, tensor=None, value=None, stats=None, alias=None, error=error) for each in saved)
    graph = open_graph(marked(captured, "ExpBackward0", saved=gone))
    graph.click("y.exp()")
    expect(graph.section("saved").locator(".missing .alarm").first).to_contain_text(words)
    expect(graph.page.locator(".legend")).to_contain_text("saved tensor missing")


BATCHED = """x = torch.ones(2, requires_grad=True)
y = (x ** 2).exp()
J = torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True)"""
SPLIT = """x = torch.ones(4, requires_grad=True)
a, b = x.split(2)
y = a.exp().sum()"""
BROKEN = """x = torch.ones(4, requires_grad=True)
y = x.exp()
y.view(3)"""


@pytest.mark.parametrize(
    ("code", "box", "words"),
    [
        (BATCHED, "(x ** 2).exp()", "cannot be read"),
        (SPLIT, "x.split(2)", "No gradient arrived here"),
        (BROKEN, "x.exp()", "No gradients were read in this graph"),
    ],
)
def test_a_gradient_that_is_absent_says_why(open_graph: Open, code: str, box: str, words: str) -> None:
    graph = open_graph(run(code))
    graph.click(box)
    section = graph.section("incoming" if box == "x.split(2)" else "outgoing")
    expect(section).to_contain_text(words)


def test_a_slot_without_an_edge_is_named(open_graph: Open) -> None:
    graph = open_graph(run("x = torch.ones(2, requires_grad=True)\n(x * torch.ones(2)).sum().backward()"))
    graph.click("x * torch.ones(2)")
    unfold(graph, "origin")
    expect(graph.section("origin")).to_contain_text("Slots without an edge")
    expect(graph.section("origin")).to_contain_text("1 (other)")


def test_a_check_is_answered_where_it_was_asked(open_graph: Open, captured: Run) -> None:
    made = next(node for node in captured.graph.nodes if node.name == "MulBackward0")
    sides = CheckedInput(name="w", position=1, autograd=2.0, numeric=2.5, largest_difference=0.5)
    check = Check(op=made.op, status="differs", step=1e-6, tolerance=1e-5, inputs=(sides,))
    graph = open_graph(replace(captured, check=check))
    graph.click("x * w")
    answer = graph.section("local").locator(".check")
    expect(answer.locator(".verdict")).to_have_text("Differs from finite differences")
    assert answer.locator(".numbers").all_inner_texts() == ["2", "2.5"]
    expect(answer).to_contain_text("largest difference 0.5")
    expect(answer).to_contain_text("step 1e-6")
    graph.click("y ** 2")
    expect(graph.section("local").locator(".check")).to_have_count(0)


def test_a_check_that_is_impossible_says_why(open_graph: Open, captured: Run) -> None:
    made = next(node for node in captured.graph.nodes if node.name == "MulBackward0")
    graph = open_graph(replace(captured, check=Check(op=made.op, status="impossible", reason="random")))
    graph.click("x * w")
    expect(graph.section("local").locator(".check")).to_contain_text("draws random numbers")


def test_a_difference_with_a_reason_is_no_alarm(open_graph: Open, captured: Run) -> None:
    made = next(node for node in captured.graph.nodes if node.name == "MulBackward0")
    graph = open_graph(replace(captured, check=Check(op=made.op, status="differs", reason="kink")))
    graph.click("x * w")
    expect(graph.section("local").locator(".verdict.excused")).to_be_visible()
    expect(graph.section("local").locator(".check")).to_contain_text("is no fault")


def test_a_file_has_no_button_that_needs_python(open_graph: Open, captured: Run) -> None:
    times = Times(forward=(0.1,) * len(captured.ops), backward=(0.1,) * len(captured.graph.nodes))
    proof = Verification(status="skipped", reason="large")
    graph = open_graph(replace(captured, times=times, verification=proof, check=None))
    graph.click("x * w")
    unfold(graph, "time")
    expect(graph.section("time")).to_contain_text("Measured once")
    expect(graph.inspector.locator("button.plain")).to_have_count(0)
    expect(graph.page.locator(".badge")).to_contain_text("not verified: too large")
    expect(graph.page.locator(".badge button")).to_have_count(0)


@pytest.mark.parametrize(
    ("proof", "text"),
    [
        (Verification(status="verified", leaves=2, equal=2), "verified: largest difference 0 over 2 leaves"),
        (
            Verification(status="failed", leaves=2, largest_difference=3.0, worst="w"),
            "differs: largest difference 3 at w",
        ),
    ],
    ids=["verified", "failed"],
)
def test_the_badge_can_pass_and_can_fail(open_graph: Open, captured: Run, proof: Verification, text: str) -> None:
    graph = open_graph(replace(captured, verification=proof))
    badge = graph.page.locator(".badge")
    expect(badge.get_by_role("status")).to_contain_text(text)
    expect(badge).to_have_attribute("data-kind", proof.status)
    alarm = graph.page.evaluate(
        "getComputedStyle(document.querySelector('.explorer-graph')).getPropertyValue('--alarm')"
    )
    colour = badge.evaluate("(badge) => getComputedStyle(badge).color")
    red = graph.page.evaluate(
        "(c) => { const p = document.createElement('p'); p.style.color = c; document.body.append(p); return getComputedStyle(p).color; }",
        alarm,
    )
    assert (colour == red) is (proof.status == "failed")
    explanation = badge.get_by_role("tooltip")
    expect(explanation).to_be_hidden()
    badge.get_by_role("status").focus()
    expect(explanation).to_be_visible()


def test_a_folded_module_tells_its_costs_and_what_could_be_saved(open_graph: Open) -> None:
    captured = run(
        "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())\nloss = model(torch.ones(2, 4)).sum()\nloss.backward()"
    )
    memory = Memory(
        modules=(Weight(path="model", saved=160, own=64),),
        freezing=(Saving(name="model.0.weight", nbytes=32, nodes=2),),
        checkpointing=(Saving(name="model", nbytes=96),),
    )
    times = Times(forward=(0.1,) * len(captured.ops), backward=(0.1,) * len(captured.graph.nodes))
    graph = open_graph(replace(captured, memory=memory, times=times), drawn(captured, frozenset()))
    graph.click("model")
    expect(graph.section("sums")).to_contain_text("64 B")
    expect(graph.section("sums")).to_contain_text("forward")
    expect(graph.section("savings")).to_contain_text("Freezing model.0.weight: 32 B less, 2 nodes fewer.")
    expect(graph.section("savings")).to_contain_text("Checkpointing model: 96 B less")
