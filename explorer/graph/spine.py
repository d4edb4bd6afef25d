"""The main line of a drawing: for each box the wire with the longest history, which a reader's eye follows down."""

from __future__ import annotations

import numpy as np

from explorer.graph.picture import Picture
from explorer.graph.strata import Flags, Whole


def spine(picture: Picture) -> list[bool]:
    """By wire: whether it is on the main line. Each box has at most one such wire above and one below; none where two tie."""
    source = np.array([wire.source for wire in picture.wires], np.int64)
    target = np.array([wire.target for wire in picture.wires], np.int64)
    history, future = _longest(source, target, len(picture.boxes))
    deepest = np.flatnonzero(_unique_best(target, history[source]))
    main = np.zeros(len(source), np.bool_)
    main[deepest[_unique_best(source[deepest], future[target[deepest]])]] = True
    return main.tolist()


def _longest(source: Whole, target: Whole, count: int) -> tuple[Whole, Whole]:
    """By box: wires on the longest way to it, and on the longest way from it."""
    onward: list[list[int]] = [[] for _ in range(count)]
    for start, end in zip(source.tolist(), target.tolist(), strict=True):
        onward[start].append(end)
    waiting: list[int] = np.bincount(target, minlength=count).tolist()
    history, future = [0] * count, [0] * count
    order = [box for box, number in enumerate(waiting) if not number]
    for box in order:
        further = history[box] + 1
        for end in onward[box]:
            history[end] = max(history[end], further)
            waiting[end] -= 1
            if not waiting[end]:
                order.append(end)
    for box in reversed(order):
        if ends := onward[box]:
            future[box] = 1 + max([future[end] for end in ends])
    return np.array(history, np.int64), np.array(future, np.int64)


def _unique_best(box: Whole, score: Whole) -> Flags:
    """By wire: whether its score is the highest of its box and no other's of that box."""
    if not len(box):
        return np.zeros(0, np.bool_)
    best = np.full(int(box.max()) + 1, -1)
    np.maximum.at(best, box, score)
    highest: Flags = score == best[box]
    highest &= np.bincount(box[highest], minlength=len(best))[box] == 1
    return highest
