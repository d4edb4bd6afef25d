"""A worker without gate and facade: typed code is plain Python, so that tests meet the kernel's walls and nothing else.

``python bare_worker.py zygote FD`` or ``python bare_worker.py oneshot``. The code may set ``out`` (text) and write to ``channel``.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from explorer.ir import Run, TrainingEnd, TrainingPoint, TrainingPoints, TrainingStart


def execute(request, kept=None):
    names = {"__name__": "__main__", "inputs": {given.name: given.value for given in request.inputs}, "out": ""}
    try:
        exec(compile(request.code, "<snippet>", "exec"), names)
    except Exception as problem:
        return Run(status="error", message=f"{type(problem).__name__}: {problem}")
    return Run(status="ok", stdout=str(names["out"]), timings={"forward": 0.5})


def train(request, emit, steering):
    """As many points as the request's seed says, then its code."""
    emit(TrainingStart(parameters=("weight",), parameter_count=2))
    for step in range(request.seed):
        emit(point(step))
    exec(compile(request.code, "<snippet>", "exec"), {"emit": emit, "steering": steering, "point": point})
    emit(TrainingEnd(status="ok"))


def point(step):
    return TrainingPoints(points=(TrainingPoint(step=step, loss=1.0 / (step + 1), gradient_norm=1.0),))


def load():
    from explorer.worker import preload

    preload.warm_up()
    return load_little()


def load_little():
    import torch

    torch.set_num_threads(1)
    return SimpleNamespace(execute=execute, train=train)


if __name__ == "__main__":
    if sys.argv[1] == "zygote":
        from explorer.worker import zygote

        zygote.main(int(sys.argv[2]), load)
    else:
        from explorer.worker import oneshot

        oneshot.main(load_little)  # it can import late, and many are started
