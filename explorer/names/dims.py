"""The dimensions of one tensor: sizes, and a name or None for each."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.ir import Sentence

Names = tuple[str | None, ...]

LONGEST = 24
"""Characters of a name."""


class NamesError(ValueError):
    """Names that cannot be: `sentence` says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.sentence = Sentence(key=key, values={name: str(value) for name, value in values.items()})


@dataclass(frozen=True)
class Dims:
    """Sizes and names of a tensor's dimensions, equally many."""

    shape: tuple[int, ...]
    names: Names

    def at(self, dim: int) -> int:
        """A dimension counted from the front; raises IndexError as torch would."""
        if not -max(1, len(self.shape)) <= dim < max(1, len(self.shape)):
            raise IndexError(dim)
        return dim % max(1, len(self.shape))


def unnamed(shape: tuple[int, ...]) -> Dims:
    """Dimensions without names."""
    return Dims(shape, (None,) * len(shape))


def parse_names(text: str) -> Names:
    """Names as a person types them: ``channels, rows, columns``; ``_`` and ``None`` leave a dimension without one.

    Raises:
        NamesError: a name stands twice, or is too long.
    """
    parts = [part.strip().strip("\"'") for part in text.replace(";", ",").split(",")] if text.strip() else []
    names = tuple(None if part in ("", "_", "None") else part for part in parts)
    given = [name for name in names if name is not None]
    for name in given:
        if len(name) > LONGEST:
            raise NamesError("names.long", name=name[:LONGEST], most=LONGEST)
        if given.count(name) > 1:
            raise NamesError("names.twice", name=name)
    return names
