"""What the inputs of a call are called where it is made: by the variables in its piece of source that hold them.

Cannot see: a name that means a module or a function at the first call of a place, and a tensor at a later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import NamedTuple

import torch

from explorer.capture.source import Place

_NO_TENSORS = (ModuleType, torch.nn.Module, FunctionType, BuiltinFunctionType, type)


class _Variables(NamedTuple):
    """The names of a place that may mean a tensor."""

    place: Place
    """Kept, since it is known by its id."""
    names: Sequence[str]
    """The last in the text first."""
    local: bool
    """Whether all of them are local: most are, and that is asked of one table."""


class InputNames:
    """Names of tensors; which ones a place has is found out at its first call."""

    def __init__(self) -> None:
        self._places: dict[int, _Variables] = {}

    def of(self, tensors: Sequence[torch.Tensor], frame: FrameType | None, place: Place) -> tuple[str | None, ...]:
        """The name of each at the call that `frame` makes at `place`; of two names of one tensor the first in the text."""
        if frame is None:
            return (None,) * len(tensors)
        known = self._places.get(id(place))
        if known is None:
            known = self._places[id(place)] = _variables(frame, place)
        _, names, local = known
        if not names:
            return (None,) * len(tensors)
        here = frame.f_locals
        if not local:
            around = frame.f_globals
            here = {name: here.get(name, around.get(name)) for name in names}
        called = {id(here.get(name)): name for name in names}.get
        return tuple([called(id(tensor)) for tensor in tensors])


def _variables(frame: FrameType, place: Place) -> _Variables:
    scope, around, code = frame.f_locals, frame.f_globals, frame.f_code
    names = [name for name in place.names if not issubclass(type(scope.get(name, around.get(name))), _NO_TENSORS)]
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    return _Variables(place, names, scope is around or own.issuperset(names))
