"""From a request to the bytes that the browser draws, through the process wall; no browser yet."""

from __future__ import annotations

from bench.clock import Row, repeat
from bench.snippet import TEN_LINES
from explorer.app.workbench import WorkbenchState
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import RunRequest
from explorer.models import find
from explorer.runner import Engine, shared_engine
from explorer.viewer import scene, workbench
from explorer.viewer.workbench import Line


def rows() -> list[Row]:
    """Warm: the engine has started and run once."""
    engine = shared_engine()
    engine.start()
    try:
        return [
            Row("an empty run: fork, walls, answer", repeat(lambda: run(engine, "x = 1"), 50)),
            Row("ten lines to scene", repeat(lambda: draw(engine, TEN_LINES), 50)),
            Row("a step of the view workbench: request to scene", repeat(lambda: step(engine), 50)),
            Row("ResNet-18 at 224x224 to scene", repeat(lambda: draw(engine, find("resnet18").code()), 7)),
            Row("ResNet-101 at 224x224 to scene", repeat(lambda: draw(engine, find("resnet101").code()), 3)),
        ]
    finally:
        engine.close()


def run(engine: Engine, code: str) -> object:
    """One run; raises RuntimeError where it did not succeed, since a failure is fast."""
    answer = engine.run(RunRequest(code=code))
    if answer.status != "ok":
        raise RuntimeError(answer.message)
    return answer


def step(engine: Engine) -> object:
    """The run of a chain and what the browser gets of it, as the view workbench makes it; its view fails, which has most to explain."""
    state = WorkbenchState()
    answer = engine.run(state.request())
    lines = [Line(name, text, text) for name, text in zip(state.names(), ["points", *state.steps], strict=True)]
    shown = workbench.scene(lines, answer, answer.message or "", "en")
    if [one["kind"] for one in shown["steps"]] != ["start", "view", "fails"]:
        raise RuntimeError(answer.message)
    return shown


def draw(engine: Engine, code: str) -> bytes:
    """A run and its drawing, as the Graph page makes it."""
    answer = engine.run(RunRequest(code=code))
    if answer.status != "ok":
        raise RuntimeError(answer.message)
    return scene.encode(answer, lay_out(compose(answer.graph, answer.ops, answer.tensors)), "en")
