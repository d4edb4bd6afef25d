"""Colours and faces of exported drawings: those of the viewer's style sheet, where they are written down once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from explorer import viewer

Theme = Literal["light", "dark"]

KINDS = ("operation", "second", "custom", "leaf", "input", "saved", "result", "module")
"""Names of pairs of colours, `...-fill` and `...-edge`."""

KOREAN = ("Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", "NanumGothic")
"""Families with Hangul of macOS, Windows, and Linux; a machine with none of them shows another family's, or empty boxes."""

MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "DejaVu Sans Mono", *KOREAN, "monospace")
SANS = ("ui-sans-serif", "system-ui", "Segoe UI", "Helvetica Neue", "Arial", "DejaVu Sans", *KOREAN, "sans-serif")
WIDE = (*KOREAN, "sans-serif")
"""For a text with East Asian characters: not every reader looks for a missing character in the next family."""

_BLOCK = re.compile(r'\.explorer-graph(\[data-theme="dark"\])? \{(.*?)\n\}', re.DOTALL)
_COLOUR = re.compile(r"--([\w-]+): (?:var\([\w-]+, )?(#[0-9a-f]{6}|rgba\([^)]*\))")


@cache
def colours(theme: Theme = "light") -> Mapping[str, str]:
    """``#rrggbb`` or ``rgba(r, g, b, a)`` by the name that the style sheet gives it, as in ``leaf-fill`` or ``accent``."""
    sheet = (Path(viewer.__file__).parent / "js" / "viewer.css").read_text(encoding="utf-8")
    found = {bool(dark): dict(_COLOUR.findall(block)) for dark, block in reversed(_BLOCK.findall(sheet))}
    return found[False] | (found[True] if theme == "dark" else {})


def families(names: tuple[str, ...]) -> str:
    """A CSS ``font-family``."""
    return ", ".join(f'"{name}"' if " " in name else name for name in names)
