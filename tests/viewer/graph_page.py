"""A graph in a page, as a person sees it: where its boxes are, what the inspector says, what colour a point has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Layout, Run


def drawn(run: Run, open_modules: frozenset[str] | None = None, show_saved: bool = False) -> Layout:
    return lay_out(compose(run.graph, run.ops, open_modules=open_modules, show_saved=show_saved))


@dataclass
class GraphPage:
    """The page, and where its boxes are on the screen."""

    page: Page
    layouts: Sequence[Layout]

    @property
    def canvas(self) -> Locator:
        return self.page.locator("canvas.graph")

    @property
    def inspector(self) -> Locator:
        return self.page.locator(".inspector")

    @property
    def camera(self) -> tuple[float, float, float]:
        x, y, k = self.page.locator(".explorer-graph").get_attribute("data-camera").split()
        return float(x), float(y), float(k)

    def wait_for_camera(self, *camera: float) -> None:
        self.page.wait_for_function(
            """(camera) => document.querySelector('.explorer-graph').dataset.camera.split(' ')
              .every((number, at) => Math.abs(Number(number) - camera[at]) < 0.01)""",
            arg=list(camera),
        )

    def place(self, title: str, layout: int = 0, index: int = 0) -> dict[str, float]:
        """Where the centre of a box is on the canvas, in px."""
        box = [box for box in self.layouts[layout].boxes if box.title == title][index]
        return self.at(box.x, box.y)

    def at(self, x: float, y: float) -> dict[str, float]:
        left, top, k = self.camera
        return {"x": x * k + left, "y": y * k + top}

    def click(self, title: str, **where: int) -> None:
        self.canvas.click(position=self.place(title, **where))

    def heading(self) -> str:
        return self.inspector.locator("h2").inner_text()

    def section(self, name: str) -> Locator:
        return self.inspector.locator(f".about-{name}")

    def pixel(self, x: float, y: float) -> tuple[int, ...]:
        """Colour of one point of the drawing's canvas, red, green, blue."""
        script = "(c, [x, y]) => Array.from(c.getContext('2d').getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data)"
        return tuple(self.canvas.evaluate(script, [x, y])[:3])
