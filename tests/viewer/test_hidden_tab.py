"""A tab that is really hidden, behind another one of a browser with a window: headless browsers hide none, and Playwright keeps every page visible.

Needs Xvfb, which a machine may lack: `test_background` tells the same of a page whose frames are held back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from explorer.export import html
from explorer.export.drawings import drawing, drawings
from tests.browsing import until
from tests.samples import run

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
pytestmark = pytest.mark.skipif(
    not shutil.which("Xvfb") or not Path(CHROMIUM).exists(), reason="no Xvfb or no Chromium"
)
client = pytest.importorskip("websockets.sync.client")

COUNT = """{
  window.frames_ = { asked: 0, ran: 0 };
  const wait = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => (frames_.asked++, wait((now) => (frames_.ran++, draw(now))));
}"""
SHOWN = "document.querySelector('.explorer-graph')?.dataset.boxes ?? null"


class Machine:
    """A browser by its own protocol (chromedevtools.github.io/devtools-protocol), over the socket of the whole browser."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.calls = 0

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": params}
        self.socket.send(json.dumps(message if session is None else message | {"sessionId": session}))
        while (answer := json.loads(self.socket.recv(timeout=30))).get("id") != self.calls:
            pass
        return dict(answer["result"])

    def tab(self, address: str) -> tuple[str, str]:
        """A new tab in front, and a session with it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable", session)
        self.call("Page.addScriptToEvaluateOnNewDocument", session, source=COUNT)
        self.call("Page.navigate", session, url=address)
        return target, session

    def ask(self, session: str, text: str) -> Any:
        answer = self.call("Runtime.evaluate", session, expression=text, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    read, write = os.pipe()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with started(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1200x900x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        **quiet,
    ):
        os.close(write)
        with os.fdopen(read) as told:
            display = told.readline().strip()
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            "--remote-debugging-port=0",
        ]
        environment = {**os.environ, "DISPLAY": f":{display}"}
        command = [CHROMIUM, *flags, f"--user-data-dir={tmp_path / 'profile'}", "about:blank"]
        with started(command, env=environment, **quiet):
            port = tmp_path / "profile" / "DevToolsActivePort"
            until(lambda: port.exists() and port.read_text().count("\n") == 1, 60, lambda: "Chromium does not start")
            number, path = port.read_text().split("\n")
            with client.connect(f"ws://127.0.0.1:{number}{path}", max_size=None) as socket:
                yield Machine(socket)


def test_a_hidden_tab_asks_for_one_frame_and_draws_it_when_it_returns(machine: Machine, tmp_path: Path) -> None:
    captured = run("model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())\nmodel(torch.ones(1, 2)).sum().backward()")
    folded, opened = (drawing(captured, open_modules=names) for names in (frozenset[str](), frozenset({"model"})))
    file = tmp_path / "graph.html"
    file.write_text(html.write(captured, drawings(captured, folded)), encoding="utf-8")
    target, session = machine.tab(file.as_uri())

    def wait_for(text: str, meant: object) -> None:
        until(lambda: machine.ask(session, text) == meant, 30, lambda: f"{text} is {machine.ask(session, text)}")

    wait_for(SHOWN, str(len(folded.boxes)))
    machine.tab("about:blank")
    wait_for("document.hidden", True)
    machine.ask(session, "frames_.asked = frames_.ran = 0")
    machine.ask(session, "import('explorer/bus.mjs').then(({ order }) => order({ fold: 'model' })).then(() => null)")
    wait_for("frames_.asked", 1)
    machine.ask(
        session,
        "import('explorer/bus.mjs').then(({ order }) => order({ view: 'both', overlay: 'grad' })).then(() => null)",
    )
    assert machine.ask(session, f"[document.hidden, frames_.asked, frames_.ran, {SHOWN}]") == [
        True,
        1,
        0,
        str(len(folded.boxes)),
    ]
    machine.call("Target.activateTarget", targetId=target)
    wait_for(SHOWN, str(len(opened.boxes)))
    assert machine.ask(session, "document.hidden") is False
