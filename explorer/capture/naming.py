"""What the inputs of a call are called where it is made: by the variables in its piece of source that hold them.

Cannot see: a name that means a module or a function at the first call of a place, and a tensor at a later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType

import msgspec
import torch

from explorer.capture.source import Place

_NO_TENSORS = (ModuleType, torch.nn.Module, FunctionType, BuiltinFunctionType, type)


class Variables(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The names of a place that may mean a tensor, as its first call told them."""

    names: Sequence[str] = ()
    """The last in the text first."""
    local: bool = True
    """Whether all of them are local: most are, and that is asked of one table."""

    def holding(self, tensors: Sequence[torch.Tensor], frame: FrameType | None) -> tuple[str | None, ...]:
        """The name of each at a call that `frame` makes at the place; of two names of one tensor the first in the text."""
        if frame is None or not self.names:
            return (None,) * len(tensors)
        here = frame.f_locals
        if not self.local:
            around = frame.f_globals
            here = {name: here.get(name, around.get(name)) for name in self.names}
        found: list[str | None] = [None] * len(tensors)
        for name in self.names:
            value = here.get(name)
            for at, tensor in enumerate(tensors):
                if tensor is value:
                    found[at] = name
        return tuple(found)


def variables(frame: FrameType | None, place: Place) -> Variables:
    """Those of `place`, where `frame` makes its first call."""
    if frame is None:
        return Variables()
    scope, around, code = frame.f_locals, frame.f_globals, frame.f_code
    names = [name for name in place.names if not issubclass(type(scope.get(name, around.get(name))), _NO_TENSORS)]
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    return Variables(names, scope is around or own.issuperset(names))
