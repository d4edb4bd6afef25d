"""The main line of a drawing: for each box the wire with the longest history, which a reader's eye follows down."""

from __future__ import annotations

from explorer.graph.picture import Picture


def spine(picture: Picture) -> list[bool]:
    """By wire: whether it is on the main line. Each box has at most one such wire above and one below; none where two tie."""
    wires = picture.wires
    history = _longest([(wire.source, wire.target) for wire in wires], len(picture.boxes))
    future = _longest([(wire.target, wire.source) for wire in wires], len(picture.boxes))
    deepest = _unique_best([(wire.target, history[wire.source]) for wire in wires])
    lowest = _unique_best([(wire.source, future[wire.target]) for wire in wires], deepest)
    return [index in lowest for index in range(len(wires))]


def _longest(arrows: list[tuple[int, int]], count: int) -> list[int]:
    """By box: arrows on the longest way to it."""
    onward: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in arrows:
        onward[start].append(end)
        waiting[end] += 1
    length = [0] * count
    ready = [box for box, number in enumerate(waiting) if not number]
    for box in ready:
        for end in onward[box]:
            length[end] = max(length[end], length[box] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return length


def _unique_best(scores: list[tuple[int, int]], among: set[int] | None = None) -> set[int]:
    """Of (box, score) by wire: the wires whose score is the highest of their box and no other's of that box."""
    best: dict[int, tuple[int, int | None]] = {}
    for index, (box, score) in enumerate(scores):
        if among is not None and index not in among:
            continue
        highest, _ = best.get(box, (-1, None))
        if score >= highest:
            best[box] = (score, index if score > highest else None)
    return {index for _, index in best.values() if index is not None}
