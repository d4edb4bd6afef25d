"""What the model says just now, in the form that suits the data: a picture of the plane, a curve, a confusion matrix, a text."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from explorer.ir import Predictions
from explorer.models import CONTEXT, LETTERS
from explorer.training.data import Data

SIDE = 48
"""Cells of the plane along each axis."""

CURVE = 128
MARGIN = 0.15
"""How far beyond the data the picture reaches, as a share of its width."""

PAIRS = 256
CHARACTERS = 60


def predictions(model: nn.Module, data: Data) -> Predictions | None:
    """To be called where the model is `undisturbed`; None where its output has no form that is known."""
    if data.dataset.source == "text":
        return _text(model, data)
    if data.dataset.inputs == 2:
        return _grid(model, data)
    if data.dataset.inputs == 1:
        return _curve(model, data)
    return _confusion(model, data) if data.dataset.kind == "classes" else _pairs(model, data)


def ends(rows: Tensor) -> tuple[list[float], list[float]]:
    """Lower and upper end of each column, with a margin; rows with a number that is not finite do not count."""
    rows = rows[rows.isfinite().all(dim=1)]
    rows = rows if len(rows) else rows.new_zeros(1, rows.shape[1])
    low, high = rows.amin(dim=0), rows.amax(dim=0)
    room = (high - low) * MARGIN
    room = room.where(room > 0, torch.ones_like(room))
    return (low - room).tolist(), (high + room).tolist()


def plane(low: list[float], high: list[float], side: int = SIDE) -> Tensor:
    """Centres of the cells, row by row from `low`: float32 of shape (side * side, 2)."""
    axes = [torch.linspace(start, end, 2 * side + 1)[1::2] for start, end in zip(low, high, strict=True)]
    y, x = torch.meshgrid(axes[1], axes[0], indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def _grid(model: nn.Module, data: Data) -> Predictions | None:
    low, high = ends(data.x_train)
    output = _asked(model, plane(low, high).to(data.x_train))
    if output is None:
        return None
    facts: dict[str, Any] = {"form": "grid", "width": SIDE, "height": SIDE, "low": tuple(low), "high": tuple(high)}
    if data.dataset.kind == "regression":
        return Predictions(**facts, values=floats(output[:, 0]))
    share, said = output.float().softmax(dim=1).max(dim=1)
    return Predictions(**facts, values=_bytes(said), certain=_bytes((share * 255).round().nan_to_num()))


def _curve(model: nn.Module, data: Data) -> Predictions | None:
    low, high = ends(data.x_train)
    output = _asked(model, torch.linspace(low[0], high[0], CURVE)[:, None].to(data.x_train))
    if output is None:
        return None
    return Predictions(
        form="curve", width=CURVE, height=1, low=tuple(low), high=tuple(high), values=floats(output[:, 0])
    )


def _confusion(model: nn.Module, data: Data) -> Predictions | None:
    """Of the rows held back; of all others where none are."""
    held = len(data.x_val) > 0
    rows, truth = (data.x_val, data.y_val) if held else (data.x_train, data.y_train)
    output = _asked(model, rows)
    count = data.dataset.outputs
    if output is None or output.shape[1] != count:
        return None
    cells = torch.bincount(truth * count + output.argmax(dim=1), minlength=count * count)
    return Predictions(form="confusion", width=count, height=count, values=_raw(cells.to(torch.int32)))


def _pairs(model: nn.Module, data: Data) -> Predictions | None:
    held = len(data.x_val) > 0
    rows, truth = (data.x_val, data.y_val) if held else (data.x_train, data.y_train)
    output = _asked(model, rows[:PAIRS])
    if output is None:
        return None
    pairs = torch.stack([truth[:PAIRS, 0], output[:, 0].to(truth)], dim=1)
    return Predictions(form="pairs", width=2, height=len(pairs), values=floats(pairs))


def _text(model: nn.Module, data: Data) -> Predictions | None:
    """The likeliest next character, again and again, after the first ones of the text."""
    read = data.x_train[0].tolist()
    for _ in range(CHARACTERS):
        output = _asked(model, torch.tensor([read[-CONTEXT:]], device=data.x_train.device))
        if output is None:
            return None
        read.append(min(int(output[0].argmax()), len(LETTERS) - 1))
    return Predictions(form="text", text="".join(LETTERS[index] for index in read))


def _asked(model: nn.Module, rows: Tensor) -> Tensor | None:
    """One row of outputs for each row; None where the model gives something else."""
    output = model(rows)
    return output if isinstance(output, Tensor) and output.ndim == 2 and len(output) == len(rows) else None


def floats(values: Tensor) -> bytes:
    """float32, little-endian, in the order of the elements."""
    return _raw(values.detach().float())


def _bytes(values: Tensor) -> bytes:
    return _raw(values.clamp(0, 255).to(torch.uint8))


def _raw(values: Tensor) -> bytes:
    return bytes(values.cpu().contiguous().numpy().tobytes())
