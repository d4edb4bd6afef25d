"""Folding a model in the real app: what opens at first, what a double click and the menu do, what the inspector sums up."""

import pytest
import torch
from playwright.sync_api import expect

from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import RunRequest
from tests.browser.app_page import GraphPage

DEEP = """model = nn.Sequential(*(nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(8))) for _ in range(8)))
loss = model(torch.ones(2, 4)).sum()
loss.backward()"""


@pytest.fixture
def graph(open_page):
    found = GraphPage(open_page(reduced_motion="reduce"))
    found.run(DEEP)
    found.expect_leaf("model.7.7.0.bias", *numbers())
    return found


def numbers():
    """Value and gradient of the last bias, by torch itself."""
    torch.manual_seed(0)
    blocks = (
        torch.nn.Sequential(*(torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh()) for _ in range(8)))
        for _ in range(8)
    )
    model = torch.nn.Sequential(*blocks)
    model(torch.ones(2, 4)).sum().backward()
    return model[7][7][0].bias.tolist(), model[7][7][0].bias.grad.tolist()


def drawing(open_modules):
    from explorer.worker.session import execute

    run = execute(RunRequest(code=DEEP))
    assert len(run.graph.nodes) > 300
    return run, lay_out(compose(run.graph, run.ops, run.tensors, open_modules=open_modules))


def on_screen(graph, x, y):
    camera = graph.page.locator(".explorer-graph").get_attribute("data-camera")
    left, top, scale = (float(number) for number in str(camera).split())
    return {"x": x * scale + left, "y": y * scale + top}


def wait_for_place(graph, x, y, place):
    """Until that point of the new drawing stands where it should on the screen."""
    graph.page.wait_for_function(
        """([root, x, y, place]) => {
          const [left, top, scale] = root.dataset.camera.split(" ").map(Number);
          return Math.abs(x * scale + left - place.x) < 1 && Math.abs(y * scale + top - place.y) < 1;
        }""",
        arg=[graph.page.locator(".explorer-graph").element_handle(), x, y, place],
    )


def test_a_model_of_many_nodes_opens_folded_and_unfolds_where_it_stands(graph):
    run, first = drawing(None)
    assert first.open_modules == ("model",)
    opened = drawing(frozenset({"model", "model.7"}))[1]
    module = next(box for box in first.boxes if box.module == "model.7")
    frame = next(frame for frame in opened.frames if frame.module == "model.7")
    place = on_screen(graph, module.x, module.y - module.height / 2)
    graph.canvas.dblclick(position=on_screen(graph, module.x, module.y))
    expect(graph.inspector.locator(".plain")).to_have_text("Fold")
    wait_for_place(graph, frame.x, frame.y - frame.height / 2, place)
    graph.canvas.dblclick(position=on_screen(graph, frame.x, frame.y - frame.height / 2 + 10))
    expect(graph.inspector.locator(".plain")).to_have_text("Open")
    wait_for_place(graph, module.x, module.y - module.height / 2, place)

    inside = [run.graph.nodes[node] for node in module.nodes]
    norms = [gradient.stats.norm for node in inside for gradient in node.incoming if gradient]
    norms += [edge.gradient.stats.norm for edge in run.graph.edges if edge.source in module.nodes and edge.gradient]
    sums = graph.inspector.locator(".about-sums dd")
    expect(sums.nth(0)).to_have_text(str(len(inside)))
    expect(sums.nth(1)).to_have_text(str(8 * (4 * 4 + 4)))
    expect(sums.nth(3)).to_have_text(f"{max(norms):.6g}")


def test_the_menu_folds_and_unfolds_and_the_selection_goes_along(graph):
    _, first = drawing(None)
    module = next(box for box in first.boxes if box.module == "model.7")
    graph.canvas.click(position=on_screen(graph, module.x, module.y))
    expect(graph.heading).to_have_text("model.7")
    menu = graph.page.get_by_role("combobox", name="Fold depth")
    search = graph.page.locator(".explorer-graph").get_by_role("searchbox")
    search.fill("addmm")
    steps = [
        ("unfold_all", 64, "model.7"),
        ("depth:1", 8, "model.7"),
        ("fold_all", 1, "model"),
        ("depth:1", 8, "model"),
    ]
    for choice, found, selected in steps:
        menu.select_option(choice)
        expect(graph.page.locator(".explorer-graph .count")).to_have_text(f"1/{found}")
        expect(graph.heading).to_have_text(selected)
