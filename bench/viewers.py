"""`python -m bench.viewers [WORD ...]`: what a user of Netron and of Model Explorer gets on the graphs that our viewer draws.

Each graph is written as ONNX (each grad_fn an operator) and as Model Explorer's graph JSON, served by the tool's own server from the peers'
environment (`bench.peers`), and opened in a Chromium of its own without a graphics card, 1440 x 900 px. Nothing outside this machine answers.

- *until drawn*: wall seconds from opening the page until its graph stands there; for ours, layout and packing before it are included.
- *frames*: ms from one animation frame to the next while the mouse drags the drawing, as it opened, at most a step a frame.
- *CPU*: ms of processor time a frame of the page's main thread, and of all processes of the browser.
- *memory*: MB that the page's process holds at the end.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, CDPSession, Error, Page, TimeoutError, sync_playwright

from bench import frames
from bench.bench_layout import RNN
from bench.browser import held, launch, processes
from bench.clock import percentile
from bench.peers import ENVIRONMENT, HERE, PYTHON, install
from explorer.export import model_explorer
from explorer.graph.folding import every_module
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Graph, Run, RunRequest, decode_run, encode
from explorer.models import find
from tests.browsing import until
from tests.graph import graphs

LIMIT = 60
"""Seconds until a graph has to be drawn; dragging gets a third of it. After twice as many a tool that hears of no limit is ended."""

_ONE = "--one"
"""Before a tool and the folder of a graph: measure these in this process."""

STEPS = 100
"""Moves of the mouse."""

_START = (700, 600)

_DRAWN_BY_MODEL_EXPLORER = "() => document.querySelector('canvas.main') && !document.querySelector('mat-spinner')"
_DRAWN_BY_NETRON = "body.default #canvas .node"
_SHOWN = "() => new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(() => shown())))"

_HEAR_WORKERS = """(() => {
  window.answers = 0;
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (...message) {
    this.addEventListener("message", () => window.answers++, { once: true });
    return post.apply(this, message);
  };
})()"""
"""Model Explorer lays out in a worker and says nowhere in its page that it is done."""

_WATCH = """() => {
  window.times = [];
  const note = (time) => {
    window.times.push(time);
    window.next = requestAnimationFrame(note);
  };
  window.next = requestAnimationFrame(note);
}"""
_WATCHED = """() => {
  cancelAnimationFrame(window.next);
  return window.times.slice(1).map((time, at) => time - window.times[at]);
}"""

CASES: tuple[tuple[str, Callable[[], Run]], ...] = (
    ("ResNet-18", lambda: _run(find("resnet18").code())),
    ("DenseNet-201", lambda: _run(find("densenet201").code())),
    ("GPT", lambda: _run(find("gpt").code())),
    ("RNN of 2,000 steps", lambda: _run(RNN)),
    ("recurrent, 10,000", lambda: _made(graphs.recurrent(1_666))),
    ("recurrent, 100,000", lambda: _made(graphs.recurrent(16_666))),
    ("stacked, 8,000 blocks", lambda: _made(graphs.stacked(8_000, 10))),
)


def _run(code: str) -> Run:
    from explorer.worker.session import execute  # torch, which no process that measures needs

    return execute(RunRequest(code=code))


def _made(example: graphs.Example) -> Run:
    graph, ops = example
    return Run(status="ok", graph=graph, ops=ops)


class Files:
    """One graph in all formats, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.run, self.onnx, self.collection = folder / "run.json", folder / "graph.onnx", folder / "graph.json"


class FailedError(Exception):
    """A tool gave no drawing; the text says why in a few words."""


@contextmanager
def folded(page: Page, files: Files) -> Iterator[float]:
    """Ours, as it opens by itself."""
    yield _ours(page, decode_run(files.run.read_bytes()), None)


@contextmanager
def everything(page: Page, files: Files) -> Iterator[float]:
    """Ours, with every module open."""
    run = decode_run(files.run.read_bytes())
    yield _ours(page, run, every_module(run.graph))


def _ours(page: Page, run: Run, opened: frozenset[str] | None) -> float:
    began = perf_counter()
    frames.show(page, *frames.packed(run, lay_out(compose(run.graph, run.ops, open_modules=opened))))
    return perf_counter() - began


@contextmanager
def model_explorer_folded(page: Page, files: Files) -> Iterator[float]:
    """Model Explorer, as it opens by itself."""
    command = [ENVIRONMENT / "bin" / "model-explorer", files.collection, "--no_open_in_browser", "--skip_health_check"]
    with _served(command) as address:
        models = quote(json.dumps({"models": [{"url": str(files.collection)}]}))
        page.add_init_script(_HEAR_WORKERS)
        began = perf_counter()
        page.goto(f"{address}?data={models}", wait_until="commit")
        page.wait_for_function(_DRAWN_BY_MODEL_EXPLORER)
        _ask(_session(page), _SHOWN)
        yield perf_counter() - began


@contextmanager
def model_explorer_everything(page: Page, files: Files) -> Iterator[float]:
    """Model Explorer, with all layers expanded by its own button; a person's own time to find it is left out."""
    with model_explorer_folded(page, files) as seconds:
        began, before = perf_counter(), page.evaluate("() => window.answers")
        page.locator("mat-icon.expand-all").click()
        page.wait_for_function(f"() => window.answers > {before}")
        _ask(_session(page), _SHOWN)
        yield seconds + perf_counter() - began


@contextmanager
def netron(page: Page, files: Files) -> Iterator[float]:
    """Netron, which folds nothing. It asks a new user for consent, and waits for the answer: that was given before."""
    with _served([ENVIRONMENT / "bin" / "netron", files.onnx]) as address:
        page.context.add_cookies([{"name": "consent", "value": "1", "url": address}])
        began = perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(_DRAWN_BY_NETRON, state="attached")
        _ask(_session(page), _SHOWN)
        yield perf_counter() - began


# Each makes a page show a graph, and gives the wall seconds that this took while its server runs.
TOOLS: Mapping[str, Callable[[Page, Files], AbstractContextManager[float]]] = {
    "this, as it opens": folded,
    "this, everything open": everything,
    "Model Explorer, as it opens": model_explorer_folded,
    "Model Explorer, all layers expanded": model_explorer_everything,
    "Netron": netron,
}


def measure(tool: str, folder: Path) -> list[str]:
    """One line of the table, by a process and in a browser of their own; in a few words why there is none."""
    command = [sys.executable, "-m", "bench.viewers", _ONE, tool, folder]
    child = subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        said, _ = child.communicate(timeout=2 * LIMIT)
    except subprocess.TimeoutExpired:  # a page whose main thread is busy hears of no limit
        os.killpg(child.pid, signal.SIGKILL)
        drawn = child.communicate()[0]
        said = f"{drawn}does not answer" if drawn else f"> {LIMIT}"
    return said.splitlines()


def _measure(tool: str, folder: Path) -> None:
    """Print the cells of one line, each when it is known."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = _page(browser)
        problems: list[str] = []
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        try:
            with TOOLS[tool](page, Files(folder)) as seconds:
                print(f"{seconds:.1f}", flush=True)
                print(*_dragged(browser, page), sep="\n", flush=True)
        except TimeoutError:
            print(problems[0].splitlines()[0][:60] if problems else f"> {LIMIT}")
        except (Error, FailedError) as problem:
            print(str(problem).splitlines()[0][:60])
        finally:
            browser.close()


def _dragged(browser: Browser, page: Page) -> tuple[str, ...]:
    """Drag the drawing for some seconds: what frames it makes, what they cost, and what the page holds afterwards."""
    session, machine = _session(page), browser.new_browser_cdp_session()
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = page.screenshot()
    page.mouse.move(*_START)
    page.mouse.down()
    _ask(session, _WATCH)
    main, everyone, end = frames.busy(session), _processor(machine), monotonic() + LIMIT / 3
    for step in range(STEPS):
        if monotonic() < end:
            page.mouse.move(_START[0] - 2 * step, _START[1] - 3 * step)
    intervals: list[float] = _ask(session, _WATCHED)
    main, everyone = frames.busy(session) - main, _processor(machine) - everyone
    page.mouse.up()
    if page.screenshot() == before:
        raise FailedError("it did not move")
    p50, p95 = (percentile(intervals, share) for share in (0.5, 0.95))
    each = (main / len(intervals), everyone / len(intervals), held(machine))
    return (f"{p50:.1f}", f"{p95:.1f}", f"{each[0]:.1f}", f"{each[1]:.1f}", f"{each[2]:,.0f}")


def _session(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def _ask(session: CDPSession, function: str) -> Any:
    """What a function of the page returns; Netron forbids ``eval``, by which Playwright would call it."""
    call = {"expression": f"({function})()", "awaitPromise": True, "returnByValue": True}
    return session.send("Runtime.evaluate", call)["result"].get("value")


def _processor(machine: CDPSession) -> float:
    """Ms of processor time that all processes of the browser have taken so far."""
    return float(1e3 * sum(one["cpuTime"] for one in processes(machine)))


def _page(browser: Browser) -> Page:
    """One for which nothing answers but this machine."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LIMIT * 1e3)
    page.route(lambda address: "//localhost:" not in address, lambda route: route.abort())
    return page


@contextmanager
def _served(command: Sequence[str | Path]) -> Iterator[str]:
    """The address of a tool's own server while it runs."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*command, "--host", "localhost", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: _answers(port), LIMIT, lambda: f"{command[0]} does not answer")
        yield f"http://localhost:{port}/"
    finally:
        server.kill()
        server.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), 1).close()
    except OSError:
        return False
    return True


def write(run: Run, folder: Path) -> None:
    """One graph in all formats."""
    files = Files(folder)
    files.run.write_bytes(encode(run))
    files.collection.write_bytes(model_explorer.write(run))
    operators = json.dumps(list(_operators(run.graph)))
    subprocess.run([PYTHON, HERE / "onnx_graph.py", files.onnx], input=operators, text=True, check=True)


def _operators(graph: Graph) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Name, label, inputs and outputs of each grad_fn, leaves first."""
    inputs: list[list[str]] = [[] for _ in graph.nodes]
    outputs: list[int] = [1] * len(graph.nodes)
    for edge in graph.edges:
        inputs[edge.source].append(f"{edge.target}:{edge.output_nr}")
        outputs[edge.target] = max(outputs[edge.target], edge.output_nr + 1)
    for node in reversed(graph.nodes):
        made = [f"{node.id}:{number}" for number in range(outputs[node.id])]
        yield node.name, node.variable or f"{node.name} {node.id}", inputs[node.id], made


def main() -> None:
    """Install, measure, print a Markdown table of the graphs whose names hold one of the words."""
    words = sys.argv[1:]
    install()
    print(
        "| graph | nodes | tool | until drawn, s | frames, ms: p50 | p95 | CPU a frame, ms: main | all | memory, MB |"
    )
    print("| --- | ---: | --- |" + " ---: |" * 6)
    for name, build in CASES:
        if words and not any(word in name for word in words):
            continue
        run = build()
        with TemporaryDirectory() as folder:
            write(run, Path(folder))
            for tool in TOOLS:
                cells = measure(tool, Path(folder))
                row = (name, f"{len(run.graph.nodes):,}", tool, *cells, *[""] * (6 - len(cells)))
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == [_ONE]:
        _measure(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
