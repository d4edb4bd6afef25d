"""What a file of a training of a million steps costs: ``python -m bench.training_files``. CPU seconds here and apart, and how this process grows."""

from __future__ import annotations

import os
import random
import resource
import tempfile
from array import array

from explorer.export.training import FORMATS
from explorer.export.training_apart import write_apart
from explorer.ir import Points, TrainingRequest, TrainingRun, TrainingStart


def long_run(steps: int = 10**6, parameters: int = 6) -> TrainingRun:
    """A run of made numbers, each of all its digits."""
    drawn = random.Random(0).random  # noqa: S311  # nothing here is a secret
    columns = {
        "step": array("d", range(1, steps + 1)),
        "layer_norms": array("d", (drawn() for _ in range(steps * parameters))),
        "values": array("d"),
        **{name: array("d", (drawn() for _ in range(steps))) for name in ("loss", "gradient_norm", "learning_rate")},
        "seconds": array("d", (step * 1e-4 for step in range(steps))),
    }
    widths = {"layer_norms": parameters, "values": 0}
    points = Points.from_columns({name: column.tobytes() for name, column in columns.items()}, widths)
    names = tuple(f"layer{at}.weight" for at in range(parameters))
    start = TrainingStart(parameters=names, parameter_count=parameters, steps=steps)
    return TrainingRun(request=TrainingRequest(code="model = nn.Linear(2, 1)"), start=start, points=points)


def main() -> None:
    """One line a format."""
    run = long_run()
    for name in FORMATS:
        before, held = os.times(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with tempfile.TemporaryFile() as file:
            write_apart(run, name, file)
            size = file.seek(0, 2)
        after, grown = os.times(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
        here, apart = after.user - before.user, after.children_user - before.children_user
        print(f"{name}: {size / 1e6:.0f} MB, {here:.2f} s here, {apart:.1f} s apart, grown by {grown / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
