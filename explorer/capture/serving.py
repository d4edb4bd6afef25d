"""Which dispatch keys serve an operator, in order, and whose kernel computes: from torch's own table of kernels.

Keys of autograd, of views and the like do their part and pass the call on; the key at which it ends has the kernel that computes.
Cannot see: a kernel that Python code registers between two calls of one run, or for an operator of torch's own after it was served once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.capture import dispatcher
from explorer.ir import Operator

_PASSING = ("Autograd", "ADInplaceOrView", "BackendSelect", "Conjugate", "Negative", "ZeroTensor", "Tracer")
_ASKING = ("Composite", "Autocast")


@dataclass(frozen=True, slots=True)
class Served:
    """An operator, served for certain keys."""

    operator: Operator
    left: tuple[str, ...]
    """The keys that what its kernel asks has: none of autograd below autograd, none of autocast after it."""

    @property
    def asks(self) -> bool:
        """Whether its kernel is there to ask for other operators."""
        return self.operator.kernel.startswith(_ASKING)

    @property
    def asks_again(self) -> bool:
        """Whether its kernel asks for the same operator, with arguments of another dtype."""
        return self.operator.kernel.startswith("Autocast")


class Serving:
    """Answers are kept, since kernels ask the same again and again."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Served] = {}

    def of(self, schema: Any, keys: tuple[str, ...], made: tuple[str, ...]) -> Served:
        """How a call is served. It has `keys`, or `made` where the operator takes no tensor; without keys nothing is known."""
        name = dispatcher.full_name(schema)
        answers = _OF_TORCH if name.startswith("aten::") else self._answers
        answer = answers.get((name, keys, made))
        if answer is None:
            answer = answers[name, keys, made] = _serve(name, schema, keys, made)
        return answer


_OF_TORCH: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Served] = {}
"""As `Serving._answers`, of torch's own operators, in all runs of this process."""


def _serve(name: str, schema: Any, keys: tuple[str, ...], made: tuple[str, ...]) -> Served:
    if keys and not any("Tensor" in str(one.type) for one in schema.arguments):
        keys = made
    table = dispatcher.kernels(name, keys)
    served = [key for key in keys if key in table]
    end = next((at for at, key in enumerate(served) if _ends(key, table[key])), None)
    kernel = "" if end is None else _kernel(name, served[end], table[served[end]])
    served = served if end is None else served[: end + 1]
    declared = str(schema).partition("::")[2]
    left = tuple(_left(keys, served, kernel))
    return Served(Operator(name=name, keys=tuple(served), kernel=kernel, schema=declared), left)


def _ends(key: str, kind: str) -> bool:
    """Whether the call is answered at this key."""
    return kind == "math kernel" or not key.startswith(_PASSING)


def _kernel(name: str, key: str, kind: str) -> str:
    """The key that the kernel was registered for, which may be an alias of `key`."""
    if kind == "math kernel":
        return "CompositeImplicitAutograd"
    if kind != "default backend kernel":
        return key
    other = "CompositeExplicitAutogradNonFunctional"
    return other if dispatcher.has_kernel(name, other) else "CompositeExplicitAutograd"


def _left(keys: Sequence[str], served: Sequence[str], kernel: str) -> Iterator[str]:
    passed = served if kernel != "CompositeImplicitAutograd" else served[:-1]
    below = any(key.startswith("Autograd") for key in passed)
    for key in keys:
        of_autograd = key.startswith("Autograd") or key == "ADInplaceOrView"
        if not (below and of_autograd) and not (key.startswith("Autocast") and key in passed):
            yield key
