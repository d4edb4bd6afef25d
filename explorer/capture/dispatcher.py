"""torch's dispatcher, read only: what was asked of it while a call ran, and which kernel serves an operator for which key.

What was asked is told by torch's own ``RecordFunction``, as the profiler hears it, on this thread, without a file or a
thread of its own. It watches and takes no part: a ``TorchDispatchMode`` would see overloads too, but sits below autograd
and makes some kernels take another path. Calls without a public name, seen in torch 2.13.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

import torch
from torch._C._profiler import ProfilerConfig, ProfilerState, _ExperimentalConfig

_C: Any = torch._C
_AUTOGRAD: Any = torch.autograd
_WITH_SHAPES = ProfilerConfig(ProfilerState.CPU, True, False, False, False, False, _ExperimentalConfig())
_MOST_EVENTS = 4_000


@dataclass(slots=True)
class Asked:
    """One question to the dispatcher: an operator's name without overload, and what its kernel asked in turn."""

    name: str
    shapes: list[list[int]]
    """By argument; empty for a 0-dim tensor and for what is no tensor."""
    inner: list[Asked] = field(default_factory=list)


_grad, _inference, _autocast = torch.is_grad_enabled, torch.is_inference_mode_enabled, _C._is_any_autocast_enabled
_level, _dispatch_modes = _C._functorch.maybe_current_level, _C._len_torch_dispatch_stack


def in_force() -> tuple[object, ...]:
    """The modes of this thread that decide which keys a call has: grad, inference, autocast, functorch's level, dispatch modes."""
    return _grad(), _inference(), _autocast(), _level(), _dispatch_modes()


def is_watched() -> bool:
    """Whether a profiler is at work on this thread already."""
    return bool(_AUTOGRAD._profiler_enabled())


def watch() -> None:
    """Begin to listen on this thread, until `watched`."""
    _AUTOGRAD._enable_profiler_legacy(_WITH_SHAPES)


def watched() -> list[Asked]:
    """Stop listening; what was asked, in order. Empty where someone else has stopped it."""
    try:
        threads = _AUTOGRAD._disable_profiler_legacy()
    except RuntimeError:
        return []
    top = Asked("", [])
    for events in threads:
        if any(event.name() == "__start_profile" for event in events):
            _nest(events, top)
    return top.inner


def _nest(events: Iterable[Any], top: Asked) -> None:
    stack = [top]
    for event in islice(events, _MOST_EVENTS):
        if event.kind() == "push":
            asked = Asked(event.name(), event.shapes())
            stack[-1].inner.append(asked)
            stack.append(asked)
        elif event.kind() == "pop" and len(stack) > 1:
            stack.pop()


def overloads(name: str) -> list[Any]:
    """The schemas of an operator, those of the dispatcher only; the ones for named tensors, which torch no longer has, are left out."""
    return _of_torch(name) if name.startswith("aten::") else _registered(name)


def _registered(name: str) -> list[Any]:
    return [
        schema
        for schema in _C._jit_get_schemas_for_operator(name)
        if _C._dispatch_has_kernel(full_name(schema))
        and not any("Dimname" in str(one.type) for one in schema.arguments)
    ]


_of_torch = cache(_registered)
"""torch's own do not change; those of a user may, from one cell of a notebook to the next."""


def full_name(schema: Any) -> str:
    """As in ``aten::mul.Tensor``."""
    return f"{schema.name}.{schema.overload_name}" if schema.overload_name else str(schema.name)


def overload_for(name: str, args: Any, kwargs: Any) -> str | None:
    """The overload that torch would choose for these arguments of Python; None where none fits as they stand."""
    try:
        chosen: str = _C._jit_resolve_packet(name, *args, **kwargs)
    except (RuntimeError, TypeError, ValueError):
        return None
    return "" if chosen == "default" else chosen


def kernels(operator: str, keys: Iterable[str]) -> dict[str, str]:
    """By key, what serves it, in torch's words: ``kernel``, ``autograd kernel``, ``math kernel`` ... A key that falls through is left out."""
    table = f"\n{_C._dispatch_dump_table(operator)}\n"  # of lines such as "CPU: registered at file:line [kernel]"
    found = {}
    for key in keys:
        start = table.find(f"\n{key}: ") + 1
        line = table[start : table.index("\n", start)] if start else ""
        if line and not line.startswith(f"{key}: fallthrough"):
            found[key] = line[line.rfind("[") + 1 : line.rfind("]")]
    return found


def has_kernel(operator: str, key: str) -> bool:
    """Whether a kernel was registered for this very key, which may be an alias such as ``CompositeExplicitAutograd``."""
    return bool(_C._dispatch_has_kernel_for_dispatch_key(operator, key))


def keys_of(tensors: Iterable[torch.Tensor]) -> tuple[str, ...]:
    """The dispatch keys that a call with these tensors has now on this thread, the first to be served first."""
    backends = (1 << _C._dispatch_num_backends()) - 1
    raw = _C._dispatch_tls_local_include_set().raw_repr()
    for tensor in tensors:
        raw |= _C._dispatch_keys(tensor).raw_repr()
    raw &= backends | ~_C._dispatch_tls_local_exclude_set().raw_repr()
    return _names(raw)


@cache
def _names(raw: int) -> tuple[str, ...]:
    keys, names = _C.DispatchKeySet.from_raw_repr(raw), []
    while (key := keys.highestPriorityTypeId()) != _C.DispatchKey.Undefined:
        names.append(key.name)
        keys = keys.remove(key)
    return tuple(names)


def key_of(device: torch.device) -> str:
    """The key of a device's dense kernels, as in ``CPU``."""
    return str(_C._dispatch_key_for_device(device.type))
