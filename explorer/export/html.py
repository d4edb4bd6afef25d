"""A run as one file that needs nothing else: the viewer's own modules, the drawings and the code, to be opened offline.

Everything from the run stands in data blocks (base64, or JSON without ``<``), which a browser never executes; each is compressed, and
read only once it is needed. The content security policy
names the hash of each of the file's own scripts, so that nothing else could run either. Modules become ``data:`` addresses in an import
map, since a page opened from a folder may not import the files beside it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec

from explorer import viewer
from explorer.export.drawings import Kept
from explorer.ir import Layout, Run
from explorer.viewer import scene
from explorer.viewer.storages import strips_data
from explorer.words import Language, say

_JS = Path(viewer.__file__).parent / "js"
_ENTRY = "export_page.mjs"
_STYLES = ("viewer.css", "export_menu.css", "export.css")
MOST_KEPT = 400
"""Storages that a file holds."""

_IMPORT = re.compile(r'\bfrom "\./([\w.]+)"')
_START = f'import {{ open }} from "explorer/{_ENTRY}"; open(document);'


def write(run: Run, held: Layout | Sequence[Kept], language: Language = "en") -> str:
    """The page, as text to be saved in UTF-8.

    Args:
        run: its code is listed beside the graph, its storages below.
        held: one drawing; or what the page opens with, and all that it takes to fold and place it anew there, see `drawings.drawings`.
        language: of the page's own texts.
    """
    blocks = _blocks([Kept(held)] if isinstance(held, Layout) else held)
    imports = _script_text({"imports": _modules()})
    together = scene.encode_together(run, (layout for layout, _ in blocks), language)
    holders = "\n".join(f'<script type="text/plain" data-scene>{_packed(each)}</script>' for each in together.scenes)
    said = {
        "code": run.code,
        "broken": say("viewer.export.broken", language),
        "drawings": [about for _, about in blocks],
    }
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(imports, _START)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say("viewer.export.title", language)}</title>
<style>{_style(*_STYLES)}</style>
<script type="importmap">{imports}</script>
</head>
<body>
<p id="opening">{escape(say("viewer.export.opening", language))}</p>
<details id="storages" hidden><summary>{escape(say("viewer.export.storages", language))}</summary><div class="shadow"><template shadowrootmode="open"><style>{_style("storage.css")}</style></template></div></details>
<script type="application/json" id="run">{_script_text(said)}</script>
<script type="text/plain" id="cells">{_packed(msgspec.json.encode(strips_data(run, language, most=MOST_KEPT)))}</script>
<script type="text/plain" id="known">{_packed(together.known)}</script>
<script type="text/plain" id="details">{_packed(together.details)}</script>
{holders}
<script type="module">{_START}</script>
</body>
</html>
"""


def _blocks(held: Sequence[Kept]) -> list[tuple[Layout, dict[str, object]]]:
    """Each drawing once, the first one first, with what `js/kept_drawings.mjs` is told of it."""
    first, *others = ((kept.layout, _about(kept)) for kept in held)
    again = next((each for each in others if each[1] | {"depth": None} == first[1] | {"depth": None}), None)
    return [again or first, *(each for each in others if each is not again)]


def _about(kept: Kept) -> dict[str, object]:
    layout = kept.layout
    return {
        "open": layout.open_modules,
        "saved": kept.saved,
        "depth": kept.depth,
        "engine": layout.engine,
        "wrapped": layout.wrapped,
    }


def _modules() -> dict[str, str]:
    """The entry module and all that it imports, as data addresses by name."""
    found: dict[str, str] = {}
    waiting = [_ENTRY]
    while waiting:
        name = waiting.pop()
        source = (_JS / name).read_text(encoding="utf-8")
        waiting += [other for other in _IMPORT.findall(source) if f"explorer/{other}" not in found]
        code = _IMPORT.sub(r'from "explorer/\1"', source)
        found[f"explorer/{name}"] = f"data:text/javascript;base64,{_base64(code.encode())}"
    return dict(sorted(found.items()))


def _policy(*scripts: str) -> str:
    hashes = " ".join(f"'sha256-{_base64(hashlib.sha256(script.encode()).digest())}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes} data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def _script_text(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _style(*sheets: str) -> str:
    return "".join((_JS / sheet).read_text(encoding="utf-8") for sheet in sheets)


def _packed(data: bytes) -> str:
    return _base64(zlib.compress(data))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
