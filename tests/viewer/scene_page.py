"""A scene inside a blank page: its modules under test, without a view."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Page

from explorer.ir import Layout, Run
from explorer.viewer import scene

_DECODE = """async (text) => {
  const { decode } = await import("/scene.mjs");
  window.scene = decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}"""


def load(page: Page, run: Run, layout: Layout) -> dict[str, Any]:
    """Decode a scene as the page's global ``scene``."""
    page.evaluate(_DECODE, base64.b64encode(scene.encode(run, layout)).decode())
    return page.evaluate("({ count: scene.count, subjects: scene.subjects.count })")
