"""The web app: `streamlit run app.py`. Streamlit serves the pages; the engine behind the process wall works beside it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

import streamlit as st
from starlette.routing import Route

from explorer.app import exports, training_files
from explorer.runner import Engine, EngineError, shared_engine
from explorer.viewer import assets, known, slices


def ready_engine() -> Engine:
    """The engine. Bad settings, or a server for strangers without the full wall, end the program with one sentence."""
    try:
        engine = shared_engine()
        if engine.settings.mode == "hosted":
            engine.start()
    except EngineError as problem:
        sys.exit(str(problem))
    return engine


def warm_up(engine: Engine) -> None:
    """Start the workers before anyone needs them; where that fails, the page says so at the first run."""
    with suppress(EngineError):
        engine.start()


def import_for_pages() -> None:
    """Import what the first page would wait for: Streamlit itself puts off pandas until a widget needs it (half a second)."""
    for module in ("pandas", "explorer.app.drawing"):
        import_module(module)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm the engine up in the background, so that the first page does not wait for it; close it at the end."""
    engine = ready_engine()
    warming = asyncio.gather(asyncio.to_thread(import_for_pages), asyncio.to_thread(warm_up, engine))
    yield
    await warming
    engine.close()


ready_engine()
files = Route(assets.address("exports/{token}"), exports.answer, methods=["POST"])
trainings = Route(assets.address(f"{training_files.PREFIX}/{{token}}/{{kind}}"), training_files.answer)
details = Route(assets.address("details/{name}/{place:int}"), slices.answer)
about = Route(assets.address("known/{name}"), known.answer)
app = st.App("pages/navigation.py", routes=[*assets.routes(), files, trainings, details, about], lifespan=lifespan)
