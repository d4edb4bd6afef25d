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
from time import perf_counter
from typing import Any

import torch

Names = dict[str, Any]


def torchviz(names: Names, code: str) -> int:
    """The grad_fn graph with saved tensors, then backward; returns lines of its DOT text."""
    from torchviz import make_dot

    exec(code, names)  # noqa: S102  # the project's own catalogue
    dot = make_dot(
        names["loss"], params=dict(names["model"].named_parameters()) if "model" in names else None, show_saved=True
    )
    names["loss"].backward()
    return len(dot.body)


def torchview(names: Names, code: str) -> int:
    """The forward graph of modules and functions. It reads no backward, so the plain one is run beside it."""
    from torchview import draw_graph

    graph = draw_graph(names["model"], input_data=names["x"], expand_nested=True)
    exec(code, names)  # noqa: S102  # the project's own catalogue
    names["loss"].backward()
    return len(graph.edge_list)


def torchlens(names: Names, code: str) -> int:
    """Every forward operation with its output, and every gradient."""
    import torchlens as tl
    from torchlens.options import CaptureOptions

    trace = tl.trace(names["model"], names["x"], capture=CaptureOptions(save_grads=True))
    trace.log_backward(trace[trace.output_layers[0]].out.sum())
    return len(trace)


def torchvista(names: Names, code: str) -> int:
    """The forward graph as an interactive page. It reads no backward, so the plain one is run beside it."""
    from torchvista import trace_model

    with contextlib.redirect_stdout(io.StringIO()):
        trace_model(names["model"], names["x"], collapse_modules_after_depth=10)
    exec(code, names)  # noqa: S102  # the project's own catalogue
    names["loss"].backward()
    return 0


TOOLS: dict[str, Callable[[Names, str], int]] = {
    tool.__name__: tool for tool in (torchviz, torchview, torchlens, torchvista)
}


def plain(names: Names, code: str) -> int:
    """Forward and backward, and nothing else."""
    exec(code, names)  # noqa: S102  # the project's own catalogue
    names["loss"].backward()
    return 0


def timed(call: Callable[[Names, str], int], program: dict[str, str]) -> tuple[float, int]:
    """Wall seconds of one call on a program built anew, and what it returned."""
    names: Names = {}
    torch.manual_seed(0)
    exec(program["setup"], names)  # noqa: S102  # the project's own catalogue
    began = perf_counter()
    size = call(names, program["code"])
    return perf_counter() - began, size


def main() -> None:
    """Plain and traced take turns after one of each that is not counted."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    tool, repeats, program = TOOLS[sys.argv[1]], int(sys.argv[2]), json.load(sys.stdin)
    timed(plain, program)
    timed(tool, program)
    pairs = []
    size = 0
    for _ in range(repeats):
        base, _ = timed(plain, program)
        seconds, size = timed(tool, program)
        pairs.append((base, seconds))
    print(json.dumps({"pairs": pairs, "size": size}))


if __name__ == "__main__":
    main()
