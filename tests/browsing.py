"""What browser tests share: a running app, and waiting for a condition with a deadline."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]


def until(condition: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    """Ask again and again until `condition` holds; fail with `why()` at the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(why())
        pause.wait(0.05)


class App:
    """A running `streamlit run app.py`."""

    def __init__(self, log: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        address = ["--server.address=127.0.0.1", f"--server.port={self.port}"]
        with log.open("w") as sink:
            self.process = subprocess.Popen(
                command + address, cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT, env={**os.environ, **environment}
            )

    def healthy(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the app ended with {self.process.returncode}:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def settled(page: Page) -> None:
    """Wait until Streamlit has drawn everything that was asked of it."""
    page.wait_for_function(
        """() => {
          const app = document.querySelector('[data-testid="stApp"]');
          return app && app.dataset.testScriptState === "notRunning" && !document.querySelector('[data-stale="true"]');
        }""",
        timeout=90_000,
    )
