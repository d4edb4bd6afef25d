"""Every call of torch that has no public name, in one place. Seen in torch 2.13.

None of them changes anything; where a later torch drops one, this file alone is to be mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from ctypes import Array, c_char
from functools import cache
from operator import attrgetter
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_LEAF_SEQUENCE = 2**64 - 1
"""What torch gives as the sequence number of an AccumulateGrad."""


next_sequence_nr: Callable[[], int] = torch._C._autograd._get_sequence_nr
"""The sequence number that the next node made on this thread will have: two readings make a half-open span."""


def sequence_nr(node: Any) -> int | None:
    """When a node was made, counted on its thread; None for an AccumulateGrad."""
    number: int = node._sequence_nr()
    return None if number == _LEAF_SEQUENCE else number


def sequence_nrs(nodes: Iterable[Any]) -> list[int | None]:
    """The same of each; None for what is no node."""
    numbers = [None if node is None else node._sequence_nr() for node in nodes]
    return [None if number == _LEAF_SEQUENCE else number for number in numbers]


def quiet() -> AbstractContextManager[object]:
    """While it lasts no ``__torch_function__`` is called, neither a mode's nor a subclass's: reading is not recorded."""
    return torch._C.DisableTorchFunction()


def incoming_shapes(node: Any) -> tuple[tuple[tuple[int, ...], torch.dtype, torch.device], ...]:
    """Shape, dtype and device of each gradient that a node takes, one per output of the forward call."""
    return tuple((tuple(m.shape), m.dtype, m.device) for m in node._input_metadata)


def graph_task() -> int:
    """The number of the backward that runs on this thread, also of one inside of another; -1 where none runs."""
    return int(torch._C._current_graph_task_id())


@contextmanager
def lowest_mode(mode: TorchFunctionMode) -> Iterator[None]:
    """While it lasts the mode is in force, below those that ``with`` blocks entered: these end in their own order, whichever began first.

    Only a default device stays below it, as torch wants. Unlike a ``with`` of the mode itself, this may begin within a block of the code and end beyond it.
    """
    default = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    modes = _take_modes()
    at = 1 if modes and modes[0] is default else 0
    _put_modes([*modes[:at], mode, *modes[at:]])
    try:
        yield
    finally:
        _put_modes([one for one in _take_modes() if one is not mode])


def _take_modes() -> list[Any]:
    """All function modes in force, the lowest first; none is afterwards."""
    count: int = torch._C._len_torch_function_stack()
    return [torch._C._pop_torch_function_stack() for _ in range(count)][::-1]


def _put_modes(modes: Sequence[Any]) -> None:
    for mode in modes:
        torch._C._push_on_torch_function_stack(mode)


def is_wrapped(tensor: torch.Tensor) -> bool:
    """Whether a tensor is one of torch.func's own, as inside vmap: it stands for many."""
    return bool(torch._C._functorch.is_functorch_wrapped_tensor(tensor))


transform_level: Callable[[], int | None] = torch._C._functorch.maybe_current_level
"""How many transforms of torch.func, such as vmap, are at work on this thread; None where none is."""


def is_transformed() -> bool:
    """Whether one is."""
    return transform_level() is not None


untyped_storage: Callable[[torch.Tensor], torch.UntypedStorage] = torch._C.TensorBase.untyped_storage
storage_offset: Callable[[torch.Tensor], int] = torch.Tensor.storage_offset  # type: ignore[assignment]  # no symbols here
"""Torch's own methods, which no subclass stands in for."""

storage_address: Callable[[torch.UntypedStorage], int] = attrgetter("_cdata")
"""The address of the ``StorageImpl`` of a storage."""

hold_address: Callable[[Any], int] = torch.UntypedStorage._weak_ref  # type: ignore[assignment]  # it gives the address
"""Takes a weak reference to a storage: the memory may be freed, but no other ``StorageImpl`` can then get this address."""

release_address: Callable[[int], None] = torch.UntypedStorage._free_weak_ref
"""Gives a weak reference back."""


def bytes_at(addresses: Sequence[int], nbytes: int) -> bytes:
    """A copy of as many pieces of memory, one after the other; the caller knows that they are there."""
    return b"".join(map(_block(nbytes).from_address, addresses))


@cache
def _block(nbytes: int) -> type[Array[c_char]]:
    return c_char * nbytes


def same_as(tensors: Sequence[torch.Tensor]) -> Callable[..., bool]:
    """Asks as many tensors whether they are, one by one, as `tensors` are on this thread now.

    In class, dispatch keys (also those that modes add), dtype, device, shape, strides, and in whether a gradient is required. Never of
    a call that takes one tensor twice.
    """
    guards = torch._C._dynamo.guards.TensorGuards(*tensors, dynamic_dims_sizes=None, dynamic_dims_strides=None)
    check: Callable[..., bool] = guards.check
    return check


def set_versions(tensors: tuple[torch.Tensor, ...], versions: tuple[int, ...]) -> None:
    """Set version counters: for tensors that were written to and hold again what they held at those versions."""
    torch._C._autograd._unsafe_set_version_counter(tensors, versions)


def packing_hooks() -> tuple[Any, Any] | None:
    """``pack`` and ``unpack`` of the ``saved_tensors_hooks`` that are in force, None where there are none."""
    found: tuple[Any, Any] | None = torch._C._autograd._top_saved_tensors_default_hooks(True)
    return found


@contextmanager
def packing_noticed(told: Callable[[], None]) -> Iterator[None]:
    """While it lasts, `told` hears of all that lets saved tensors be packed: hooks for those to come, and for a single one."""
    module: Any = torch._C._autograd
    push, register = module._push_saved_tensors_default_hooks, module.SavedTensor.register_hooks

    def pushed(*hooks: Any) -> Any:
        told()
        return push(*hooks)

    def registered(*args: Any) -> Any:
        told()
        return register(*args)

    module._push_saved_tensors_default_hooks, module.SavedTensor.register_hooks = pushed, registered
    try:
        yield
    finally:
        module._push_saved_tensors_default_hooks, module.SavedTensor.register_hooks = push, register


def unpack_hook(node: Any, raw: str) -> Any:
    """The function that unpacking what lies under ``node._raw_saved_...`` would call, None where it would call none."""
    try:
        saved = getattr(node, raw)
        if type(saved) is not tuple:
            return saved.unpack_hook
    except RuntimeError:  # it was freed
        return None
    return next((hook for one in saved if (hook := one.unpack_hook) is not None), None)


@contextmanager
def hook_registrar(told: Callable[[object], None]) -> Iterator[None]:
    """While it lasts, `told` hears of every hook that is registered on a node: torch's C++ calls a method of Python for each."""
    owner: Any = torch.autograd.Function
    register = owner._register_hook

    def registered(hooks: Any, hook: Any) -> Any:
        told(hook)
        return register(hooks, hook)

    owner._register_hook = staticmethod(registered)
    try:
        yield
    finally:
        del owner._register_hook  # it is inherited: what was put over it goes


current_node: Callable[[], Any] = torch._C._current_autograd_node
"""The node that runs on this thread, also while its hooks do."""

Hook = Callable[[Sequence[torch.Tensor | None], Sequence[torch.Tensor | None]], None]


@contextmanager
def hooks_after(nodes: Iterable[Any], hook: Hook) -> Iterator[None]:
    """While it lasts, `hook` is called after each of `nodes` has run, with what it made and what it was given."""
    handles: list[Any] = []
    try:
        handles.extend(node.register_hook(hook) for node in nodes)
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Table(dict[Any, Any]):
    """Hooks of one node. A later handle refers to it weakly, as to the OrderedDict that torch would make, which takes twice as long."""

    __slots__ = ("__weakref__",)


@contextmanager
def cheap_hooks_after(nodes: Iterable[Any], hook: Hook, *, last: bool = False) -> Iterator[None]:
    """The same without torch's handles, which cost more than all else of a hook.

    Only where the process is our own: who else registers one on another thread, while these are registered, gets no handle.
    Where these are the `last` that anybody registers on `nodes`, one table serves all that had none: a later hook of one would be of all.
    """
    shared = _Table({hook: hook})
    tables: list[dict[Any, Any]] = [shared]
    answer = shared, None
    owner: Any = torch.autograd.Function
    before = owner.__dict__.get("_register_hook")

    def register(table: dict[Any, Any] | None, hook: Any) -> tuple[dict[Any, Any], None]:
        if table is None and last:
            return answer
        table = _Table() if table is None else table
        table[hook] = hook
        tables.append(table)
        return table, None

    owner._register_hook = staticmethod(register)
    try:
        for node in nodes:
            node.register_hook(hook)
    finally:
        del owner._register_hook
        if before is not None:
            owner._register_hook = before
    try:
        yield
    finally:
        for table in tables:
            table.pop(hook, None)


def node_hooks(node: Any) -> dict[str, dict[int, Any]]:
    """The hooks that Python registered on a node, by kind and number: torch tells them to who registers one more, taken off at once."""
    found = {}
    for kind, register in (("pre hook", node.register_prehook), ("post hook", node.register_hook)):
        handle = register(_nothing)
        shared = handle.hooks_dict_ref()
        handle.remove()
        found[kind] = dict(shared)
    return found


def _nothing(*_: object) -> None:
    """A hook that changes nothing."""
