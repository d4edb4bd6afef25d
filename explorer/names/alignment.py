"""Two tensors side by side: by position, as torch broadcasts, and by name, as ``align_as`` did."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from explorer.names.dims import Dims


@dataclass(frozen=True)
class Pair:
    """One dimension of the result, and what either side has there: a size and a name, or None where it has no such dimension."""

    first: tuple[int, str | None] | None
    second: tuple[int, str | None] | None

    @property
    def sizes_fit(self) -> bool:
        """Whether torch broadcasts here: equal sizes, or one of them is 1 or missing."""
        sizes = {side[0] for side in (self.first, self.second) if side is not None} - {1}
        return len(sizes) <= 1

    @property
    def names_fit(self) -> bool:
        """Whether the names agree: equal, or one of them is missing."""
        names = {side[1] for side in (self.first, self.second) if side is not None} - {None}
        return len(names) <= 1

    @property
    def name(self) -> str | None:
        """The name that the result has here; None where the sides disagree."""
        names = [side[1] for side in (self.first, self.second) if side is not None and side[1] is not None]
        return names[0] if names and self.names_fit else None


def pairs(first: Dims, second: Dims) -> tuple[Pair, ...]:
    """The dimensions matched from the right, in the order of the result."""
    backwards = zip_longest(
        zip(reversed(first.shape), reversed(first.names), strict=True),
        zip(reversed(second.shape), reversed(second.names), strict=True),
    )
    return tuple(Pair(one, other) for one, other in backwards)[::-1]


@dataclass(frozen=True)
class Alignment:
    """How the dimensions of one tensor are to be moved so that equal names meet another's."""

    order: tuple[int | None, ...]
    """For each dimension of the other its own dimension, or None where one of size 1 is put in."""

    @property
    def code(self) -> str:
        """The same as today's torch is told: ``.permute(1, 0)[:, None, :]``; empty where nothing is to be done."""
        kept = [dim for dim in self.order if dim is not None]
        moved = "" if kept == sorted(kept) else f".permute({', '.join(map(str, kept))})"
        first = next((at for at, dim in enumerate(self.order) if dim is not None), len(self.order))
        index = [":" if dim is not None else "None" for dim in self.order[first:]]
        return moved + (f"[{', '.join(index)}]" if "None" in index else "")


def align(one: Dims, other: Dims) -> Alignment | None:
    """How `one` is brought beside `other` by name; None where a name of `one` is missing or not among those of `other`."""
    if not one.names or any(name is None or name not in other.names for name in one.names):
        return None
    return Alignment(tuple(one.names.index(name) if name in one.names else None for name in other.names))
