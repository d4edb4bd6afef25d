"""A training run as a file: CSV, JSON, TensorBoard's events, or the script that repeats it without this product."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from explorer.export.events import scalars
from explorer.ir import Points, TrainingRun, TrainingSnapshot, encode, number
from explorer.models import CONTEXT, LETTERS, Dataset, asked_dataset, read_table

_TRAINING = Path(__file__).parents[1] / "training"
"""Where the texts lie that a script carries; they are read, not imported: they need torch."""

_SCORES = ("train_loss", "train_metric", "validation_loss", "validation_metric")


def written(run: TrainingRun, name: str) -> Iterator[bytes]:
    """The file in the format `name` of `FORMATS`, piece by piece: no more than some thousand points are held at once."""
    return FORMATS[name].write(replace(run, points=()), Points.of(run.points).pieces())


def _csv(run: TrainingRun, pieces: Iterable[Points]) -> Iterator[bytes]:
    """One line a step, with the scores of the steps that have some; every number whole."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = run.start.parameters if run.start else ()
    norms = [f"gradient_norm/{name}" for name in names]
    writer.writerow(["step", "loss", "gradient_norm", "learning_rate", "seconds", *norms, *_SCORES])
    seen = {snapshot.step: snapshot for snapshot in run.snapshots}
    for piece in pieces:
        writer.writerows([*numbers, *_scores(seen.get(numbers[0]))] for numbers in _lines(piece))
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _lines(points: Points) -> Iterator[tuple[Any, ...]]:
    """Step, then the other numbers of each point, by columns: as records a million of them take twice as long."""
    columns = {name: array("d", column) for name, column in points.columns().items()}
    width = points.widths["layer_norms"]
    single = [columns[name] for name in ("loss", "gradient_norm", "learning_rate", "seconds")]
    norms = [columns["layer_norms"][at::width] for at in range(width)]
    return zip(map(int, columns["step"]), *(map(number, column) for column in (*single, *norms)), strict=True)


def _scores(snapshot: TrainingSnapshot | None) -> list[object]:
    if snapshot is None:
        return [""] * len(_SCORES)
    parts = [snapshot.train, snapshot.validation]
    return [
        "" if part is None or (value := getattr(part, field)) is None else value
        for part in parts
        for field in ("loss", "metric")
    ]


def _json(run: TrainingRun, pieces: Iterable[Points]) -> Iterator[bytes]:
    """The whole record, the points last; bytes in it as base64."""
    yield encode(run)[:-1] + b',"points":['
    for at, piece in enumerate(pieces):
        yield (b"," if at else b"") + encode(tuple(piece))[1:-1]
    yield b"]}"


def _events(run: TrainingRun, pieces: Iterable[Points]) -> Iterator[bytes]:
    """The file that TensorBoard reads: scalars of every step, histograms of those that were watched."""
    from tensorboardX import SummaryWriter

    names = run.start.parameters if run.start else ()
    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        for snapshot in run.snapshots:
            _add_snapshot(writer, snapshot, names)
        writer.close()
        yield next(Path(folder).iterdir()).read_bytes()
    for piece in pieces:
        yield from _scalars(piece, names)


def _scalars(points: Points, names: tuple[str, ...]) -> Iterator[bytes]:
    """Those of every step."""
    columns = {name: np.frombuffer(column) for name, column in points.columns().items()}
    norms = columns["layer_norms"].reshape(len(points), -1)[:, : len(names)]
    single = [columns[name] for name in ("loss", "learning_rate", "gradient_norm")]
    tags = ["loss/batch", "learning_rate", "gradient_norm/all", *(f"gradient_norm/{name}" for name in names)]
    values = np.column_stack([*single, norms])
    steps = np.maximum(columns["step"], 0).astype(np.int64)
    return scalars(tags[: values.shape[1]], steps, columns["seconds"], values)


def _add_snapshot(writer: Any, snapshot: TrainingSnapshot, names: tuple[str, ...]) -> None:
    for part, scores in (("train", snapshot.train), ("validation", snapshot.validation)):
        for field in ("loss", "metric"):
            if scores is not None and (value := getattr(scores, field)) is not None:
                writer.add_scalar(f"{field}/{part}", float(value), snapshot.step)
    for name, layer in zip(names, snapshot.layers, strict=False):
        for kind, spread in (("weight", layer.weight), ("gradient", layer.gradient)):
            if spread is None or not spread.counts:
                continue
            low, high, count = float(spread.low), float(spread.high), len(spread.counts)
            width = (high - low) / count
            middles = [low + (at + 0.5) * width for at in range(count)]
            total = sum(spread.counts)
            writer.add_histogram_raw(
                f"{kind}/{name}",
                min=low,
                max=high,
                num=total,
                sum=sum(middle * found for middle, found in zip(middles, spread.counts, strict=True)),
                sum_squares=sum(middle**2 * found for middle, found in zip(middles, spread.counts, strict=True)),
                bucket_limits=[low + (at + 1) * width for at in range(count)],
                bucket_counts=list(spread.counts),
                global_step=snapshot.step,
            )


def _script(run: TrainingRun, pieces: Iterable[Points]) -> Iterator[bytes]:
    """Python that repeats the run to the last bit with torch (and scikit-learn's files, where the data is theirs) alone."""
    request = run.request
    dataset = asked_dataset(request.data)
    made = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    texts = [
        f'"""Repeats a training of Autograd Explorer{f", made with {made}" if made else ""}."""\n',
        _carried("rows.py"),
        *([_carried("packaged.py")] if dataset.source == "packaged" else []),
        _SEEDED.format(seed=request.seed),
        _rows(run, dataset),
        f"x_train, y_train, x_val, y_val = parted(rows, targets, {request.data.held_back!r}, SEED)\n",
        *([f"torch.set_default_device({request.device!r})\n"] if request.device != "cpu" else []),
        "seed_everything()\n",
        "# ---- the code as it was run ----\n",
        _IMPORTS,
        request.code,
    ]
    yield "\n".join(texts).encode()


_SEEDED = """\
import random

import numpy as np

SEED = {seed}
torch.set_num_threads(1)


def seed_everything():
    torch.manual_seed(SEED)
    np.random.seed(SEED % 2**32)
    random.seed(SEED)

"""

_IMPORTS = """\
import math

import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch import nn
"""


def _carried(file: str) -> str:
    """A file of ours that stands alone, without the imports that may come but once."""
    text = (_TRAINING / file).read_text(encoding="utf-8")
    body = text[text.index("from __future__") :].replace("from __future__ import annotations\n", "")
    return f"# ---- {file} of Autograd Explorer ----\n{body}"


def _rows(run: TrainingRun, dataset: Dataset) -> str:
    """The lines that make ``rows`` and ``targets``."""
    if dataset.source == "packaged":
        return f"rows, targets = table({dataset.name!r})"
    if dataset.source == "text":
        text = (_TRAINING.with_name("models") / "story.txt").read_text(encoding="ascii")
        return f"rows, targets = windows({text!r}, {LETTERS!r}, {CONTEXT}, {dataset.points})"
    if dataset.source == "made":
        return f"rows, targets = made({dataset.name!r}, {dataset.points}, SEED)"
    table = read_table(run.request.data.table, run.request.data.target)
    numbers = json.dumps([[*row, target] for row, target in zip(table.rows, table.targets, strict=True)])
    target = "columns[:, -1].long()" if table.classes else "scaled(columns[:, -1:])"
    return f"columns = torch.tensor({numbers}, dtype=torch.float64)\nrows, targets = scaled(columns[:, :-1]), {target}"


class Format(NamedTuple):
    """One kind of file."""

    ending: str
    media_type: str
    write: Callable[[TrainingRun, Iterable[Points]], Iterator[bytes]]
    """Is given the run without its points, and these piece by piece."""


FORMATS = {
    "csv": Format("csv", "text/csv", _csv),
    "json": Format("json", "application/json", _json),
    "events": Format("tfevents", "application/octet-stream", _events),
    "script": Format("py", "text/x-python", _script),
}
