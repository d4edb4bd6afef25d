"""What a person does on the Graph page with mouse and keyboard: select, slide, choose, change language, come back."""

import re

import pytest
import torch
from playwright.sync_api import expect

from tests.browser.app_page import GraphPage

EXPRESSION = "(x + y) * w"
VECTOR = "x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\ny = x ** 2\n"
LINES = "a = torch.tensor(2.0, requires_grad=True)\nb = a * a\nloss = torch.sin(b)\n"


@pytest.fixture
def graph(page):
    return GraphPage(page)


def gradients(x, y, w):
    """Of (x + y) * w, by torch itself."""
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, y, w)]
    return [each.item() for each in torch.autograd.grad((leaves[0] + leaves[1]) * leaves[2], leaves)]


def test_first_visit_shows_a_finished_example(graph):
    expect(graph.field).to_have_value(EXPRESSION)
    for name, value, gradient in zip("xyw", (2.0, 3.0, 4.0), gradients(2.0, 3.0, 4.0), strict=True):
        graph.expect_leaf(name, value, gradient)
    expect(graph.inspector).to_contain_text("Click a box")
    expect(graph.remark).to_have_count(0)
    expect(graph.control("footer")).to_contain_text(f"torch {torch.__version__}")
    expect(graph.control("footer")).to_contain_text("Your code runs behind")


def test_one_selection_in_every_view(graph):
    graph.run(LINES)
    graph.expect_leaf("a", 2.0, torch.cos(torch.tensor(4.0)).item() * 4)
    graph.click(LINES, "torch.sin(b)")
    expect(graph.heading).to_have_text("SinBackward0")
    expect(graph.page.locator(".gutter .selected")).to_have_text("3")
    graph.leaves.get_by_role("button", name="a").click()
    expect(graph.heading).to_have_text("AccumulateGrad")
    expect(graph.leaves.first).to_have_class(re.compile("chosen"))
    graph.click(LINES, "a * a")
    expect(graph.heading).to_have_text("MulBackward0")
    expect(graph.leaves.first).not_to_have_class(re.compile("chosen"))


def test_a_text_that_is_run_at_once_stays_whatever_the_page_still_answers(graph):
    """The click selects a line, and the answer to that is under way when the text is run: an example box took its place."""
    expect(graph.leaves).to_have_count(3)
    graph.field.click()
    graph.run(LINES)
    graph.expect_leaf("a", 2.0, torch.cos(torch.tensor(4.0)).item() * 4)
    expect(graph.field).to_have_value(LINES)


def test_a_slider_runs_at_once(graph):
    graph.expect_leaf("w", 4.0, 5.0)
    row = graph.control("input_x")
    row.get_by_role("slider").press("ArrowRight")
    expected = gradients(2.1, 3.0, 4.0)
    graph.expect_leaf("x", 2.1, expected[0])
    graph.expect_leaf("w", 4.0, expected[2])
    number = row.locator("input[type=number]")
    expect(number).to_have_value("2.1")

    number.fill("-7.5")
    number.press("Enter")
    graph.expect_leaf("w", 4.0, gradients(-7.5, 3.0, 4.0)[2])
    expect(row.get_by_role("slider")).to_have_attribute("min", "-10")

    row.locator("label").filter(has_text="requires_grad").click()
    expect(graph.leaf("x")).to_have_count(0)
    graph.expect_leaf("w", 4.0, -4.5)


def test_values_are_kept_for_names_that_stay_free(graph):
    number = graph.control("input_w").locator("input[type=number]")
    number.fill("10")
    number.press("Enter")
    graph.expect_leaf("x", 2.0, 10.0)
    graph.run("x * w * w")
    graph.expect_leaf("x", 2.0, 100.0)
    expect(graph.control("input_y")).to_have_count(0)


def test_a_gradient_for_a_result_that_is_no_scalar(graph):
    graph.run(VECTOR)
    graph.expect_leaf("x", [1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    field = graph.control("result").get_by_label("gradient")
    expect(field).to_have_attribute("placeholder", "ones")
    field.fill("[1, 0, -2]")
    field.press("Enter")
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    [expected] = torch.autograd.grad(x**2, x, torch.tensor([1.0, 0.0, -2.0]))
    graph.expect_leaf("x", x.tolist(), expected.tolist())
    field.fill("twice")
    field.press("Enter")
    expect(graph.remark).to_contain_text("“twice” is not a number")
    field.fill("[1, 2]")
    field.press("Enter")
    expect(graph.remark).to_contain_text("(3,)")
    expect(field).to_have_value("[1, 2]")
    field.fill("")
    field.press("Enter")
    graph.expect_leaf("x", x.tolist(), [2.0, 4.0, 6.0])


def test_which_result_is_differentiated(graph):
    graph.run("x = torch.tensor(3.0, requires_grad=True)\ny = x * 5\nloss = y * y\n")
    graph.expect_leaf("x", 3.0, 150.0)
    graph.control("result").locator("input").click()
    graph.page.get_by_role("option", name="y", exact=True).click()
    graph.expect_leaf("x", 3.0, 5.0)


def test_a_seed_is_a_choice(graph):
    graph.run("x = torch.randn(2, requires_grad=True)\nloss = (x * x).sum()\n")
    for seed in (0, 7):
        torch.manual_seed(seed)
        x = torch.randn(2)
        number = graph.control("run").locator("input[type=number]")
        number.fill(str(seed))
        number.press("Enter")
        graph.expect_leaf("x", x.tolist(), (2 * x).tolist())


def test_a_model_of_the_catalogue(graph):
    graph.page.get_by_role("radio", name="Model").click()
    graph.page.get_by_role("combobox", name="Model").click()
    graph.page.get_by_role("option", name="LeNet-5").click()
    expect(graph.field).to_have_value(re.compile("class LeNet"))
    expect(graph.leaf("model.conv1.weight").nth(0)).to_have_text("(6, 1, 5, 5)")
    batch = graph.control("sizes").get_by_label("batch")
    batch.fill("3")
    batch.press("Enter")
    expect(graph.field).to_have_value(re.compile("^BATCH = 3$", re.MULTILINE))
    batch.fill("1000")
    batch.press("Enter")
    expect(graph.remark).to_contain_text("1000")
    expect(graph.field).to_have_value(re.compile("^BATCH = 3$", re.MULTILINE))


def test_nothing_is_lost_on_the_way_to_another_page_or_language(graph):
    code = EXPRESSION + "  # mine"
    graph.run(code)
    graph.leaves.get_by_role("button", name="y").click()
    expect(graph.heading).to_have_text("AccumulateGrad")
    graph.page.get_by_role("tab", name="Timings").click()
    expect(graph.control("timings")).to_contain_text("Forward")
    graph.page.get_by_role("tab", name="Leaves").click()
    graph.type(code + " too")
    graph.page.get_by_role("link", name="Tensors").click()
    expect(graph.canvas).to_have_count(0)
    graph.page.get_by_role("link", name="Graph").click()
    expect(graph.field).to_have_value(code + " too")
    graph.expect_leaf("x", 2.0, 4.0)
    expect(graph.heading).to_have_text("AccumulateGrad")

    graph.page.get_by_role("radio", name="한국어").click()
    expect(graph.page.get_by_role("link", name="그래프")).to_be_visible()
    expect(graph.page).to_have_url(re.compile("lang=ko"))
    expect(graph.field).to_have_value(code + " too")
    expect(graph.page.get_by_role("button", name="실행", exact=True)).to_be_visible()
    graph.expect_leaf("x", 2.0, 4.0)


def test_korean_where_the_browser_asks_for_it(open_page):
    graph = GraphPage(open_page(locale="ko-KR"))
    expect(graph.page.get_by_role("link", name="그래프")).to_be_visible()
    graph.run("x +")
    expect(graph.remark).to_contain_text("1번째 줄")
    expect(graph.inspector).to_contain_text("상자")
    english = GraphPage(open_page("?lang=en", locale="ko-KR"))
    expect(english.page.get_by_role("link", name="Graph")).to_be_visible()


def test_what_was_typed_is_never_markup(graph):
    text = "<img src=x onerror=alert(1)> **bold** :red[x] $y$ [l](http://x.y)"
    graph.run(f"print({text!r})\nx * 2")
    expect(graph.printed).to_have_text(text)
    graph.run(f"raise ValueError({text!r})")
    expect(graph.remark).to_contain_text(text)
    expect(graph.page.locator("img")).to_have_count(0)


def test_dark_paper_and_a_narrow_window(open_page):
    graph = GraphPage(open_page(color_scheme="dark", viewport={"width": 420, "height": 860}))
    background = graph.page.locator(".stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    assert sum(int(part) for part in re.findall(r"\d+", background)[:3]) < 120
    graph.expect_leaf("x", 2.0, 4.0)
    assert graph.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    graph.canvas.scroll_into_view_if_needed()
    graph.click(EXPRESSION, "x + y")
    expect(graph.heading).to_have_text("AddBackward0")
    editor, canvas = graph.field.bounding_box(), graph.canvas.bounding_box()
    assert editor["y"] + editor["height"] < canvas["y"]


def test_nothing_is_fetched_from_elsewhere(open_page, app_url):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    graph = GraphPage(page)
    graph.expect_leaf("x", 2.0, 4.0)
    page.get_by_role("tab", name="Gradient norms").click()
    expect(page.locator(".js-plotly-plot .trace.bars .point")).to_have_count(3)
    assert asked
    assert [url for url in asked if not url.startswith((app_url, "data:", "blob:"))] == []


PICK_AND_RUN = """(option, field) => {
  option.click();
  const key = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true };
  field.dispatchEvent(new KeyboardEvent("keydown", key));
}"""


def test_a_run_of_the_text_before_does_not_undo_the_choice_of_a_model(graph):
    """Ctrl+Enter in the same moment as another model is picked: the model is what runs."""
    graph.control("source").get_by_text("Model", exact=True).click()
    graph.page.get_by_role("combobox", name="Model").click()
    graph.page.get_by_role("option", name="SimpleModel").evaluate(PICK_AND_RUN, graph.field.element_handle())
    expect(graph.field).to_have_value(re.compile("class SimpleModel"))
    expect(graph.leaf("model.linear.bias")).not_to_have_count(0)
    expect(graph.leaf("w")).to_have_count(0)
