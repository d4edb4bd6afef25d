"""`python -m bench.frames`: what drawing costs in a real Chromium, told by the page itself: frames, first paint, bytes and memory.

The graphs are drawn with everything open, in a window of 1440 x 900 px. The camera is moved a step before each frame, as a hand would.

- *interval*: ms from one animation frame to the next; 16.7 is all that a screen of 60 Hz shows. It counts what else the machine does.
- *draw*: ms of processor time of the page's main thread a frame (drawing, rasterising and handing it on); what else the machine does does
  not count. It must stay below 16.7 for 60 frames a second.
- *process*: MB that the page's process holds: with nothing in it, with the drawing, and the most that it held after a movement.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import process_time

from playwright.sync_api import Browser, CDPSession, Page, Route, sync_playwright

from bench.browser import held, launch
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.viewer import scene
from explorer.viewer.assets import JS_FOLDER
from explorer.viewer.known import known
from tests.graph import graphs

FRAMES = 100
ADDRESS = "http://viewer.test/"
_TYPES = {".mjs": "text/javascript", ".css": "text/css"}
_PAGE = '<!doctype html><meta charset="utf-8"><body style="margin: 0"><div id="host"></div></body>'

_OPEN = """async () => {
  const sheet = new CSSStyleSheet();
  await sheet.replace(await (await fetch("/viewer.css")).text());
  document.adoptedStyleSheets = [sheet];
  const [{ GraphView }, { Known }, { decode }] = await Promise.all([import("/graph_view.mjs"), import("/known.mjs"), import("/scene.mjs")]);
  const [bytes, known] = await Promise.all(["/scene", "/known"].map(async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer())));
  window.view = new GraphView(document.getElementById("host"), { selected() {}, toggle() {}, shows() {}, command: null, answers: () => false });
  view.setHeight(900);
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const began = performance.now();
  const scene = decode(bytes, new Known(known));
  const decoded = performance.now();
  view.show(scene);
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  return { decode: decoded - began, paint: performance.now() - began };
}"""

_MOVE = """async ([frames, step]) => {
  const { camera, surface: { canvas } } = view;
  const wheel = (deltaY) => canvas.dispatchEvent(new WheelEvent("wheel", { deltaY, clientX: 500, clientY: 450, cancelable: true }));
  const steps = { pan: () => { camera.pan(3, -24); wheel(0); }, in: () => wheel(-55), out: () => wheel(55) };
  const frame = () => new Promise((shown) => requestAnimationFrame(shown));
  const times = [];
  await frame();
  for (let at = 0; at < frames; at++) {
    steps[step]();
    times.push(await frame());
  }
  return times.slice(1).map((time, at) => time - times[at]);
}"""


@dataclass(frozen=True)
class Case:
    """A graph drawn with everything open."""

    name: str
    build: Callable[[], graphs.Example]


@dataclass(frozen=True)
class Movement:
    """`place` puts the camera somewhere; `step` is one of ``pan``, ``in``, ``out``."""

    name: str
    place: str
    step: str


def mesh(wide: int, deep: int) -> graphs.Example:
    """Chains side by side, each of which takes from its neighbour now and then: a drawing as wide as it is high, everywhere full."""
    tape = graphs.Tape()
    row = [tape.leaf(f"x[{at}]") for at in range(wide)]
    for depth in range(deep):
        pairs = zip(row, [*row[1:], row[-1]], strict=True)
        row = [
            tape.op("Add", one, other, text="x[i] + x[i + 1]")
            if depth % 4 == 0
            else tape.op("Sin", one, text="x.sin()")
            for one, other in pairs
        ]
    tape.op("Stack", *row, text="torch.stack(x)")
    return tape.graph()


CASES = (
    Case("10,000 boxes, recurrent", lambda: graphs.recurrent(1_111)),
    Case("100,000 boxes, recurrent", lambda: graphs.recurrent(11_111)),
    Case("100,000 boxes, a mesh", lambda: mesh(316, 316)),
)

_MIDDLE = "view.camera.k = {k}; view.camera.centre(view.scene.width / 2, view.scene.height / 2)"
MOVEMENTS = (
    Movement("panning, texts readable", _MIDDLE.format(k=0.6), "pan"),
    Movement("panning, boxes of 13 px", _MIDDLE.format(k=0.1), "pan"),
    Movement("panning, all in sight", "view.surface.fit()", "pan"),
    Movement("zooming in through all levels", "view.surface.fit()", "in"),
    Movement("zooming out through all levels", _MIDDLE.format(k=1), "out"),
)


@dataclass(frozen=True)
class Drawn:
    """What one graph costs before anything moves: seconds of Python, bytes, ms of the page; its memory; and then each movement."""

    boxes: int
    encode: float
    size: int
    decode: float
    paint: float
    memory: float
    """MB of JavaScript at the end."""
    process: tuple[float, float, float]
    """MB of the page's process: with nothing in it, with the drawing, and the most after a movement."""
    moved: tuple[tuple[str, list[float], float], ...]
    """Name, intervals in ms, and ms of processor time of the main thread a frame."""


def measure(browser: Browser, case: Case) -> Drawn:
    """Open one graph in a page of its own and move it."""
    graph, ops = case.build()
    layout = lay_out(compose(graph, ops))
    began = process_time()
    blob, about = packed(Run(status="ok", graph=graph, ops=ops), layout)
    seconds = process_time() - began
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    machine = browser.new_browser_cdp_session()
    empty = held(machine)
    opened = show(page, blob, about)
    shown = held(machine)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    most, moved = shown, []
    for movement in MOVEMENTS:
        moved.append(_move(page, session, movement))
        most = max(most, held(machine))
    session.send("HeapProfiler.collectGarbage")
    memory = session.send("Runtime.getHeapUsage")
    page.close()
    used = (memory["usedSize"] + memory["backingStorageSize"]) / 1e6
    return Drawn(
        len(layout.boxes),
        seconds,
        len(blob) + len(about),
        opened["decode"],
        opened["paint"],
        used,
        (empty, shown, most),
        tuple(moved),
    )


def show(page: Page, blob: bytes, about: bytes) -> Mapping[str, float]:
    """Show a scene in a page: the ms that decoding took, and both until the first paint."""
    page.route("**/*", lambda route: _answer(route, {"scene": blob, "known": about}))
    page.goto(ADDRESS)
    times: Mapping[str, float] = page.evaluate(_OPEN)
    return times


def packed(run: Run, layout: Layout) -> tuple[bytes, bytes]:
    """A drawing and what is known of its run, as for a page with a server: what a large graph's inspector shows is asked for one by one."""
    blob, _ = scene.offer(run, layout)
    return blob, known(run, "en")


def _move(page: Page, session: CDPSession, movement: Movement) -> tuple[str, list[float], float]:
    page.evaluate(f"() => {{ {movement.place}; view.redraw(); }}")
    before = busy(session)
    intervals: list[float] = page.evaluate(_MOVE, [FRAMES, movement.step])
    return movement.name, intervals, (busy(session) - before) / FRAMES


def busy(session: CDPSession) -> float:
    """Ms of processor time that the page's main thread has taken so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(1e3 * next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _answer(route: Route, blobs: Mapping[str, bytes]) -> None:
    name = route.request.url.removeprefix(ADDRESS)
    file = JS_FOLDER / name
    if not name:
        route.fulfill(body=_PAGE, content_type="text/html")
    elif name in blobs:
        route.fulfill(body=blobs[name], content_type="application/octet-stream")
    elif file.is_file():
        route.fulfill(body=file.read_text(encoding="utf-8"), content_type=_TYPES[file.suffix])
    else:
        route.fulfill(status=404, body="")


def lines(words: Sequence[str] = ()) -> Iterator[str]:
    """Two Markdown tables, opening and frames, of the graphs whose names hold one of `words`; of all without any."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        found = [
            (case, measure(browser, case)) for case in CASES if not words or any(word in case.name for word in words)
        ]
        browser.close()
    yield "| graph | boxes | encode, CPU s | MB | decode, ms | first paint, ms | memory, MB | process, MB: empty | drawn | moved |"
    yield "| --- |" + " ---: |" * 9
    for case, drawn in found:
        yield (
            f"| {case.name} | {drawn.boxes:,} | {drawn.encode:.1f} | {drawn.size / 1e6:.1f} | {drawn.decode:,.0f} "
            f"| {drawn.paint:,.0f} | {drawn.memory:,.0f} | "
            + " | ".join(f"{each:,.0f}" for each in drawn.process)
            + " |"
        )
    yield ""
    yield "| graph | movement | draw, CPU ms a frame | interval, ms: p50 | p95 |"
    yield "| --- | --- |" + " ---: |" * 3
    for case, drawn in found:
        for name, intervals, busy in drawn.moved:
            ordered = sorted(intervals)
            p50, p95 = (ordered[round(share * (len(ordered) - 1))] for share in (0.5, 0.95))
            yield f"| {case.name} | {name} | {busy:.1f} | {p50:.1f} | {p95:.1f} |"


def main() -> None:
    """Measure, and print."""
    for line in lines(sys.argv[1:]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
