"""Serves the browser modules (`explorer/viewer/js`) beside Streamlit, under an address that changes with their content.

The folder's digest is part of the path, so a browser may keep what it has for ever and still never sees an old module: relative
imports between the modules stay inside the same version.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from streamlit import config

JS_FOLDER = Path(__file__).parent / "js"

PREFIX = "viewer"
"""First segment of the path; none of the prefixes that Streamlit keeps to itself."""

_MEDIA_TYPES = {".mjs": "text/javascript", ".css": "text/css"}


@cache
def version() -> str:
    """Digest of every browser file, as 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in sorted(JS_FOLDER.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def folder() -> str:
    """Where the modules are, relative to the app's address, as in ``viewer/0a1b2c3d4e5f/``."""
    return f"{PREFIX}/{version()}/"


def routes() -> list[BaseRoute]:
    """The routes that `st.App(routes=...)` needs; they honour ``server.baseUrlPath``, which Streamlit adds to its own routes only."""
    return [Mount(address(f"{PREFIX}/{version()}"), _Modules(directory=JS_FOLDER), name="viewer")]


def address(path: str) -> str:
    """Where a route of ours lies on this server."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


class _Modules(StaticFiles):
    """Static files with a media type that does not depend on the machine's registry: browsers refuse a module without one."""

    def file_response(
        self, full_path: os.PathLike[str] | str, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        media_type = _MEDIA_TYPES.get(Path(full_path).suffix)
        if media_type:
            response.headers["content-type"] = f"{media_type}; charset=utf-8"
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response
