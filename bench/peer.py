"""One tool on one program, in the peers' environment: ``python peer.py <tool> <repeats> < program.json > seconds.json``.

Reads ``{"code": ..., "setup": ...}``: `setup` builds `model` and `x`, `code` computes `loss`. Imports nothing of the product, which is
not installed there. What each tool is asked for is the most that it can read of a run; layout by `dot` is left out.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable
from time import process_time
from typing import Any

import torch

Names = dict[str, Any]


def torchviz(names: Names, code: str) -> None:
    """The grad_fn graph with saved tensors, then backward."""
    from torchviz import make_dot

    exec(code, names)  # noqa: S102  # the project's own catalogue
    make_dot(
        names["loss"], params=dict(names["model"].named_parameters()) if "model" in names else None, show_saved=True
    )
    names["loss"].backward()


def torchview(names: Names, code: str) -> None:
    """The forward graph of modules and functions. It reads no backward, so the plain one is run beside it."""
    from torchview import draw_graph

    draw_graph(names["model"], input_data=names["x"], expand_nested=True)
    exec(code, names)  # noqa: S102  # the project's own catalogue
    names["loss"].backward()


def torchlens(names: Names, code: str) -> None:
    """Every forward operation with its output, and every gradient."""
    import torchlens as tl
    from torchlens.options import CaptureOptions

    trace = tl.trace(names["model"], names["x"], capture=CaptureOptions(save_grads=True))
    trace.log_backward(trace[trace.output_layers[0]].out.sum())


def torchvista(names: Names, code: str) -> None:
    """The forward graph as an interactive page. It reads no backward, so the plain one is run beside it."""
    from torchvista import trace_model

    with contextlib.redirect_stdout(io.StringIO()):
        trace_model(names["model"], names["x"], collapse_modules_after_depth=10)
    exec(code, names)  # noqa: S102  # the project's own catalogue
    names["loss"].backward()


TOOLS: dict[str, Callable[[Names, str], None]] = {
    tool.__name__: tool for tool in (torchviz, torchview, torchlens, torchvista)
}


def plain(names: Names, code: str) -> None:
    """Forward and backward, and nothing else."""
    exec(code, names)  # noqa: S102  # the project's own catalogue
    names["loss"].backward()


def timed(call: Callable[[Names, str], None], program: dict[str, str]) -> float:
    """CPU seconds of one call on a program built anew."""
    names: Names = {}
    torch.manual_seed(0)
    exec(program["setup"], names)  # noqa: S102  # the project's own catalogue
    began = process_time()
    call(names, program["code"])
    return process_time() - began


def main() -> None:
    """Plain and traced take turns, in either order: who comes after the other finds memory warm. One of each is not counted."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    tool, repeats, program = TOOLS[sys.argv[1]], int(sys.argv[2]), json.load(sys.stdin)
    timed(plain, program)
    timed(tool, program)
    seconds: dict[str, list[float]] = {"plain": [], "tool": []}
    for _ in range(repeats):
        for name in ("plain", "tool", "tool", "plain"):
            seconds[name].append(timed(plain if name == "plain" else tool, program))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
