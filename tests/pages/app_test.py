"""What page tests read and set of a session under `AppTest`."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from explorer.viewer.kept import KEPT


def kept(page: AppTest) -> dict[str, Any]:
    """What `explorer.viewer.kept.kept` gives the page; to be filled before its first run, too."""
    if KEPT not in page.session_state:
        page.session_state[KEPT] = {}
    return page.session_state[KEPT]
