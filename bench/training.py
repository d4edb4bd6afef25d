"""What it costs to watch a training: a watched run of ResNet-18 at batch 8 against the same loop without the product, in one process on one thread.

``python -m bench.training [PAIRS]``. CPU seconds; building of model and data is in both. They take turns.
"""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from time import process_time

import torch

from bench.clock import Row, table
from explorer.ir import DataRequest, TrainingRequest
from explorer.models import Recipe, find, find_dataset, trainable_models
from explorer.worker.seeding import seed_everything
from explorer.worker.train import train

LOOP = """
STEPS = {steps}
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for step in range(STEPS):
    loss = F.cross_entropy(model(x), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def resnet18(steps: int) -> str:
    """The catalogue's model at batch 8 and 224x224 pixels, trained on one batch; its own loss is left out."""
    code = find("resnet18").code(batch=8)
    return code[: code.index("logits = ")] + LOOP.format(steps=steps)


def rows(pairs: int = 3) -> list[Row]:
    """ResNet-18, a small network on digits, and how memory grows with the steps."""
    torch.set_num_threads(1)
    digits = trainable_models()[1].program(
        find_dataset("digits"), Recipe(optimizer="Adam", learning_rate=0.003, epochs=6)
    )
    return [
        _row("ResNet-18, batch 8, 10 steps, watched", resnet18(10), DataRequest(dataset="point"), pairs),
        _row("MLP on digits, 270 steps, watched", digits, DataRequest(dataset="digits"), pairs),
    ]


def _row(what: str, code: str, data: DataRequest, pairs: int) -> Row:
    request = TrainingRequest(code=code, data=data)
    watched, ratios = [], []
    for _ in range(pairs + 1):  # the first pair warms up
        plain = _seconds(lambda: _plain(request))
        watched.append(_seconds(lambda: _watched(request)))
        ratios.append(watched[-1] / plain)
    return Row(what, watched[1:], ratios[1:], "the same loop unwatched")


def _plain(request: TrainingRequest) -> None:
    from explorer.training import load
    from explorer.worker import facade

    names = facade.namespace() | load(request.data, request.seed).names()
    seed_everything(request.seed)
    exec(compile(request.code, "<plain>", "exec"), names)  # noqa: S102  # the catalogue's own programs, nothing that anyone typed


def _watched(request: TrainingRequest) -> None:
    frames: list[object] = []
    train(request, lambda frame: frames.__setitem__(slice(None), [frame]))
    assert getattr(frames[-1], "status", "") == "ok", frames[-1]


def _seconds(call: Callable[[], None]) -> float:
    gc.collect()
    began = process_time()
    call()
    return process_time() - began


def memory(steps: tuple[int, int] = (2_000, 20_000)) -> tuple[float, float]:
    """Peak resident MiB of this process after a short and after a ten times longer training of a line."""
    found = []
    for count in steps:
        code = trainable_models()[0].program(find_dataset("linear"), Recipe(epochs=count // 4, learning_rate=0.01))
        _watched(TrainingRequest(code=code, data=DataRequest(dataset="linear")))
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found[0], found[1]


if __name__ == "__main__":
    print(table(rows(int(sys.argv[1]) if len(sys.argv) > 1 else 3)))
    print("peak memory after 2,000 and 20,000 steps, MiB: {:.0f}, {:.0f}".format(*memory()))
