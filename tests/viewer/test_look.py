"""What a drawing looks like, as a record: commands of the viewer in, the same settings as the viewer's own."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict
from playwright.sync_api import Page
from samples import run

from explorer.viewer.look import Look, Overlay, View
from tests.viewer import module_page, scene_page
from tests.viewer.graph_page import drawn


@pytest.mark.parametrize(
    ("command", "look"),
    [
        ("view:both", Look(view="both")),
        ("overlay:grad", Look(overlay="grad")),
        ("gradients:off", Look(gradients=False)),
        ("widths:on", Look(widths=True)),
        ("step:3", Look(step=3)),
    ],
)
def test_commands_change_one_setting(command: str, look: Look) -> None:
    assert Look().commanded(command) == look


@given(st.sampled_from(["view", "overlay", "gradients", "shapes", "step", "", "x"]) | st.text(), st.text())
def test_what_is_not_known_changes_nothing(name: str, value: str) -> None:
    look = Look().commanded(f"{name}:{value}")
    assert look.view in get_args(View)
    assert look.overlay in get_args(Overlay)
    if not value.isdecimal() and value not in ("on", "off", *get_args(View), *get_args(Overlay)):
        assert look == Look()


def test_the_viewer_has_the_same_settings_and_hears_python_without_losing_the_person_s_own(blank: Page) -> None:
    names = blank.evaluate("""async () => {
      const [{ FACES }, { OVERLAYS }] = await Promise.all(["/faces.mjs", "/overlays.mjs"].map((name) => import(name)));
      return [FACES, ["off", ...OVERLAYS].sort()];
    }""")
    assert names == [list(get_args(View)), sorted(get_args(Overlay))]
    captured = run("x = torch.ones(2, requires_grad=True)\ny = (x * x).sum()\ny.backward()")
    module_page.mount(blank, "graph_mount.mjs", "viewer.css")
    scene_page.load(blank, captured, drawn(captured))
    blank.evaluate("""async () => {
      const { offer } = await import("/channels.mjs");
      window.says = (more) => view.update({ channel: "c", height: 500, selected: null, look: {}, ...more });
      says({});
      offer("c", scene);
    }""")
    tell = "look => says({ look })"
    blank.evaluate(tell, asdict(Look()))
    overlay = blank.get_by_label("Colour by", exact=True)
    overlay.select_option("grad")
    assert blank.evaluate("sent") == [["trigger", "command", "overlay:grad"]]
    blank.evaluate(tell, asdict(Look()))  # an answer from before
    assert overlay.input_value() == "grad"
    blank.evaluate(tell, asdict(Look(overlay="grad", view="both")))  # Python's own wish
    assert blank.get_by_role("group", name="View").get_by_role("button", pressed=True).inner_text() == "Both"
    blank.evaluate(tell, asdict(Look(overlay="zeros")))
    assert overlay.input_value() == "zeros"
    assert blank.get_by_role("group", name="View").get_by_role("button", pressed=True).inner_text() == "Backward"
    blank.locator("canvas.graph").press("v")
    assert blank.evaluate("sent").pop() == ["trigger", "command", "view:forward"]
    assert {re.sub(":.*", "", each[2]) for each in blank.evaluate("sent")} == {"overlay", "view"}
