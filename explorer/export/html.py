"""A run as one file that needs nothing else: the viewer's own modules, the drawings and the code, to be opened offline.

Everything from the run stands in data blocks (base64, or JSON without ``<``), which a browser never executes; each drawing is compressed, and
read only once it is shown. The content security policy
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

from explorer import viewer
from explorer.graph.folding import every_module, open_to_depth
from explorer.ir import Layout, Run
from explorer.viewer import scene
from explorer.words import Language, say

_JS = Path(viewer.__file__).parent / "js"
_ENTRY = "export_page.mjs"
_STYLES = ("viewer.css", "export_menu.css", "export.css")
_IMPORT = re.compile(r'\bfrom "\./([\w.]+)"')
_START = f'import {{ open }} from "explorer/{_ENTRY}"; open(document);'


def write(run: Run, layouts: Layout | Sequence[Layout], language: Language = "en") -> str:
    """The page, as text to be saved in UTF-8.

    Args:
        run: its code is listed beside the graph.
        layouts: one drawing, or several of the same run with other modules open: the first is shown, and folding goes to the others, to
            the nearest where none is the one asked for.
        language: of the page's own texts.
    """
    drawings = [layouts] if isinstance(layouts, Layout) else layouts
    scenes = [scene.encode(run, layout, language) for layout in drawings]
    imports = _script_text({"imports": _modules()})
    holders = "\n".join(
        f'<script type="text/plain" data-scene>{_base64(zlib.compress(each))}</script>' for each in scenes
    )
    held = {
        "code": run.code,
        "broken": say("viewer.export.broken", language),
        "open": [layout.open_modules for layout in drawings],
        "depths": _depths(run, drawings),
    }
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(imports, _START)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say("viewer.export.title", language)}</title>
<style>{"".join((_JS / style).read_text(encoding="utf-8") for style in _STYLES)}</style>
<script type="importmap">{imports}</script>
</head>
<body>
<p id="opening">{escape(say("viewer.export.opening", language))}</p>
<script type="application/json" id="run">{_script_text(held)}</script>
{holders}
<script type="module">{_START}</script>
</body>
</html>
"""


def _depths(run: Run, drawings: Sequence[Layout]) -> dict[str, int]:
    """Which drawing answers each choice of the toolbar, by the commands of `explorer.viewer.component.GraphEvents`."""
    opened = {layout.open_modules: at for at, layout in reversed(list(enumerate(drawings)))}
    depths = max(layout.depth for layout in drawings)
    choices = {"fold_all": frozenset[str](), "unfold_all": every_module(run.graph)}
    choices |= {f"depth:{depth}": open_to_depth(run.graph, depth) for depth in range(1, depths)}
    asked = {command: opened.get(tuple(sorted(names))) for command, names in choices.items()}
    return {command: at for command, at in asked.items() if at is not None}


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


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
