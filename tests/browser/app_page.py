"""The Graph page as a person uses it: what a test says instead of selectors."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Locator, Page, expect

from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Box, RunRequest

MOVE_MS = 25_000
"""How long anything may take on a busy machine before a test gives up."""

expect.set_options(timeout=MOVE_MS)


@cache
def boxes(code: str) -> tuple[Box, ...]:
    """The boxes that the viewer draws for `code`: the layout is the same each time, so a test can work it out beside the app."""
    from explorer.worker.session import execute

    run = execute(RunRequest(code=code))
    return lay_out(compose(run.graph, run.ops)).boxes


class GraphPage:
    """One open Graph page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # --- what is asked ---

    @property
    def field(self) -> Locator:
        return self.page.locator("textarea.field")

    def type(self, code: str) -> None:
        self.field.fill(code)

    def run(self, code: str) -> None:
        """Replace the text in the editor and press Ctrl+Enter."""
        self.type(code)
        self.field.press("Control+Enter")

    def control(self, key: str) -> Locator:
        """The part of the page that Python calls `key`."""
        return self.page.locator(f".st-key-{key}")

    # --- what is shown ---

    @property
    def leaves(self) -> Locator:
        return self.page.locator("table[aria-label] tbody tr")

    def leaf(self, name: str) -> Locator:
        """The cells after the name: shape, dtype, value, gradient."""
        return self.leaves.filter(has=self.page.get_by_role("button", name=name, exact=True)).locator("td")

    def expect_leaf(self, name: str, value: object, gradient: object) -> None:
        """Numbers as torch's `tolist` gives them. Where they do not come, the failure tells what the page says instead."""
        try:
            expect(self.leaf(name).nth(2)).to_have_text(shown(value))
            expect(self.leaf(name).nth(3)).to_have_text(shown(gradient))
        except AssertionError as failure:
            said = self.page.locator("[class*='st-key-remark_'], .st-key-before").all_inner_texts()
            failure.add_note(f"The page says {said} under {self.field.input_value()!r}.")
            raise

    @property
    def remark(self) -> Locator:
        return self.page.locator("[class*='st-key-remark_']").first

    @property
    def printed(self) -> Locator:
        return self.control("printed").locator("code")

    @property
    def canvas(self) -> Locator:
        return self.page.locator("canvas.graph")

    @property
    def inspector(self) -> Locator:
        return self.page.locator(".inspector")

    @property
    def heading(self) -> Locator:
        return self.inspector.locator("h2")

    def click(self, code: str, title: str) -> None:
        """Click the box with that title, of the graph that `code` makes."""
        box = next(box for box in boxes(code) if box.title == title)
        camera = self.page.locator(".explorer-graph[data-camera]").get_attribute("data-camera")
        left, top, scale = (float(number) for number in str(camera).split())
        self.canvas.click(position={"x": box.x * scale + left, "y": box.y * scale + top})


def shown(value: object) -> str:
    """Numbers as the page writes them, with six digits; worked out here on its own."""
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    if value is None:
        return "–"
    return f"{value:.6g}"
