"""What is afterwards as it was: buffers, ``training``, ``.grad``, random numbers, and torch's switches.

Threads may trace the same module at once: the first to take a thing in hand saves it, the last to let it go puts it back, so that none
takes for the original what another is just changing.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Hashable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from explorer.capture.private import quiet, set_versions

_Restore = Callable[[], None]
_Pair = tuple[Callable[[], Any], Callable[[Any], Any]]
"""What reads a state, and what writes it back."""


@dataclass
class _Saved:
    restore: _Restore
    holders: int = 1


_lock = threading.RLock()
_saved: dict[Hashable, _Saved] = {}


class Kept:
    """The things that one trace has taken in hand, until ``with`` ends."""

    def __init__(self) -> None:
        self._mine: set[Hashable] = set()
        self._grad_enabled = torch.is_grad_enabled()
        for name, save in _SWITCHES.items():
            self._take(name, save)

    def module(self, module: nn.Module) -> None:
        """Keep its ``training`` flag and buffers, and its parameters' ``.grad``; not those of modules inside."""
        self._take(("module", id(module)), lambda: _save_module(module))
        self.tensors(module.parameters(recurse=False))

    def tensors(self, tensors: Iterable[torch.Tensor | None]) -> None:
        """Keep the ``.grad`` of leaves: the object, and the numbers in it."""
        for tensor in tensors:
            if tensor is not None and tensor.is_leaf and tensor.requires_grad:
                self._take(("grad", id(tensor)), lambda leaf=tensor: _save_grad(leaf))  # type: ignore[misc]

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        """Put back what no other trace has in hand; where one thing fails, the others still are."""
        torch.set_grad_enabled(self._grad_enabled)
        with _lock, ExitStack() as restoring:
            for key in self._mine:
                _saved[key].holders -= 1
                if not _saved[key].holders:
                    restoring.callback(_saved.pop(key).restore)
            self._mine.clear()

    def _take(self, key: Hashable, save: Callable[[], _Restore]) -> None:
        if key in self._mine:
            return
        with _lock:
            if key in _saved:
                _saved[key].holders += 1
            else:
                _saved[key] = _Saved(save())
            self._mine.add(key)


def _save_module(module: nn.Module) -> _Restore:
    training = module.training
    buffers = [(name, _Copy(tensor)) for name, tensor in module.named_buffers(recurse=False)]

    def restore() -> None:
        if module.training != training:
            module.training = training
        for name, copy in buffers:
            copy.restore()
            now = dict(module.named_buffers(recurse=False)).get(name)
            if now is not None and now is not copy.tensor and now.shape == copy.tensor.shape:
                setattr(module, name, copy.tensor)  # another shape is a cache that grew, and the module counts on it

    return restore


def _save_grad(leaf: torch.Tensor) -> _Restore:
    with quiet():
        grad = leaf.grad
    copy = None if grad is None else _Copy(grad)

    def restore() -> None:
        with quiet():
            if leaf.grad is not grad:
                leaf.grad = grad
            if copy is not None:
                copy.restore()

    return restore


class _Copy:
    """A tensor's numbers and its version counter."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        with quiet(), torch.no_grad():
            self._copy = None if nn.parameter.is_lazy(tensor) else tensor.detach().clone()
            self._version = None if tensor.is_inference() else tensor._version

    def restore(self) -> None:
        """Write the numbers back where they have changed; the version too, so that earlier graphs still trust it."""
        tensor, copy = self.tensor, self._copy
        with quiet(), torch.inference_mode(tensor.is_inference()), torch.no_grad():
            if copy is None or nn.parameter.is_lazy(tensor) or tensor.shape != copy.shape:
                return
            if not self._is_same(copy):
                tensor.copy_(copy)
            if self._version is not None and tensor._version != self._version:
                set_versions((tensor,), (self._version,))

    def _is_same(self, copy: torch.Tensor) -> bool:
        try:
            return torch.equal(self.tensor, copy)
        except (RuntimeError, NotImplementedError):  # sparse, or without numbers as on the meta device
            return self._version is not None and self.tensor._version == self._version


def _save_random() -> _Restore:
    states = [(write, read()) for read, write in _generators()]

    def restore() -> None:
        for write, state in states:
            write(state)

    return restore


def _generators() -> list[_Pair]:
    """Those of torch's default generators, of ``random``, and of NumPy where it is in use."""
    found: list[_Pair] = [(torch.get_rng_state, torch.set_rng_state), (random.getstate, random.setstate)]
    if (numpy := sys.modules.get("numpy")) is not None:
        found.append((numpy.random.get_state, numpy.random.set_state))
    cuda: Any = torch.cuda
    if cuda.is_initialized():
        found.append((cuda.get_rng_state_all, cuda.set_rng_state_all))
    return found


def _save_switches() -> _Restore:
    before = [read() for read, _ in _PAIRS]

    def restore() -> None:
        for (read, write), value in zip(_PAIRS, before, strict=True):
            if read() != value:
                write(value)

    return restore


def _set_cudnn(flags: tuple[bool, bool]) -> None:
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = flags


_PAIRS: tuple[_Pair, ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (
        lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        lambda anomaly: torch.autograd.set_detect_anomaly(*anomaly),
    ),
    (
        lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
        lambda flags: torch.use_deterministic_algorithms(flags[0], warn_only=flags[1]),
    ),
    (
        lambda: (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark),
        _set_cudnn,
    ),
)
_SWITCHES: dict[str, Callable[[], _Restore]] = {"random": _save_random, "switches": _save_switches}
