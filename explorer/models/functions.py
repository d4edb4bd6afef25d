"""Functions that are seen through define-by-run and the static ways: the project's own, each with two inputs to call it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Function:
    """One function of one tensor."""

    name: str
    code: str
    """Defines ``f``."""
    first: tuple[float, ...]
    """The input that a static graph is made with."""
    second: tuple[float, ...]
    """The input that it is then tried with."""

    @property
    def title(self) -> str:
        """Key of its name for people."""
        return f"statics.{self.name}.title"

    @property
    def description(self) -> str:
        """Key of what is to be seen in it."""
        return f"statics.{self.name}.description"


_ALL = (
    Function(
        "branch",
        """\
def f(x):
    if x.sum() > 0:
        return x * 2
    return x - 1
""",
        (1.0, 2.0, 3.0),
        (-1.0, -2.0, -3.0),
    ),
    Function(
        "where",
        """\
def f(x):
    return torch.where(x.sum() > 0, x * 2, x - 1)
""",
        (1.0, 2.0, 3.0),
        (-1.0, -2.0, -3.0),
    ),
    Function(
        "straight",
        """\
def f(x):
    y = torch.sin(x) * x
    return torch.relu(y).sum()
""",
        (1.0, 2.0, 3.0),
        (-1.0, -2.0, -3.0),
    ),
    Function(
        "loop",
        """\
def f(x):
    total = x[0]
    for i in range(1, x.shape[0]):
        total = total * 0.5 + x[i]
    return total
""",
        (1.0, 2.0, 3.0),
        (1.0, 2.0, 3.0, 4.0, 5.0),
    ),
    Function(
        "until",
        """\
def f(x):
    steps = 0
    while x.norm() > 1:
        x = x / 2
        steps = steps + 1
    return x * steps
""",
        (1.0, 2.0, 3.0),
        (8.0, 16.0, 24.0),
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({one.name: one for one in _ALL})
"""By name, the notes' question first: what becomes of an ``if``?"""
