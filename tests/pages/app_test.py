"""What page tests read and set of a session under `AppTest`."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from explorer.viewer.kept import KEPT


def kept(page: AppTest) -> dict[str, Any]:
    """What `explorer.viewer.kept.kept` gives the page; to be filled before its first run, too."""
    if KEPT not in page.session_state:
        page.session_state[KEPT] = {}
    return page.session_state[KEPT]


def mounted(page: AppTest, component: str) -> dict[str, Any]:
    """The data that a view of ours got, by the name of its component."""
    found = {one.proto.component_name: one.proto for one in page.get("bidi_component")}[component]
    data: dict[str, Any] = json.loads(found.json or found.mixed.json)
    return data
