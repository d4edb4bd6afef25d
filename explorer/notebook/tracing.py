"""``explorer.trace``: a finished output, or a callable with its inputs, to a `Run`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType, GeneratorType
from typing import Any

import torch

from explorer.capture.metas import is_tensor
from explorer.notebook.kept import Kept
from explorer.notebook.listing import Listing, NoListing
from explorer.notebook.naming import name_of, parameters_of, scope_of
from explorer.notebook.options import TraceOptions, trace_error
from explorer.notebook.outputs import results_of, tensors_in
from explorer.notebook.reach import Reach, own_file
from explorer.notebook.run import Run
from explorer.notebook.stack import ModuleStack
from explorer.notebook.watch import MOST_NODES_OF_OTHERS, Watch

_CONTAINERS = (list, tuple, Mapping)


def trace(output_or_callable: Any, /, *inputs: Any, trace_options: TraceOptions | None = None, **kwargs: Any) -> Run:
    """Read the autograd graph behind finished outputs, or run a callable and read all of it.

    Nothing of torch is patched. Afterwards ``.grad``, buffers, ``training``, random numbers and torch's switches are as they were, and
    the caller's own ``backward()`` works as before. What else the callable changes (an optimizer's step, printed text, hooks that it
    registers) is its own affair. Several threads may trace at once, the same module too.

    Args:
        output_or_callable: a tensor of any shape that requires grad, or lists, tuples, dicts and dataclasses of such; or a module, a
            function, anything that can be called. Outputs are read with their gradients but without source lines; a callable is called
            once and seen with every call of torch, its line, and its module.
        *inputs: for the callable.
        trace_options: see `TraceOptions`.
        **kwargs: for the callable.

    Returns:
        The run. If the callable raised an exception, ``status`` is ``error``, with the message, the line and the graph as far as it came,
        and ``exception`` holds it; otherwise it is ``ok``.

    Raises:
        TraceError: nothing requires grad, gradients are switched off, or the arguments do not fit together.
    """
    options, frame = trace_options or TraceOptions(), sys._getframe(1)
    if is_tensor(output_or_callable) or isinstance(output_or_callable, _CONTAINERS):
        if inputs or kwargs:
            raise trace_error("inputs", options.language)
        return _read(output_or_callable, frame, options)
    if not callable(output_or_callable):
        raise trace_error("what", options.language, kind=type(output_or_callable).__name__)
    if not torch.is_grad_enabled() or torch.is_inference_mode_enabled():
        raise trace_error("switched_off", options.language)
    return _follow(output_or_callable, inputs, kwargs, frame, options)


def _read(outputs: Any, frame: FrameType, options: TraceOptions) -> Run:
    """Finished outputs: the graph is the user's, and goes on living."""
    scope = scope_of(frame)
    named = list(tensors_in(outputs, name_of(outputs, scope, "output")))
    named = [(name_of(tensor, scope, name), tensor) for name, tensor in named]
    if not results_of(named):
        raise trace_error("no_grad" if named else "no_tensors", options.language)
    with Kept():
        watch = Watch(NoListing(), None, options, [scope])
        try:
            watch.show(named, MOST_NODES_OF_OTHERS, made_before=True)
            if not watch.unreadable():
                watch.differentiate()
            return watch.run()
        finally:
            watch.release()


def _follow(
    called: Callable[..., Any],
    inputs: Sequence[Any],
    kwargs: Mapping[str, Any],
    frame: FrameType,
    options: TraceOptions,
) -> Run:
    """A callable: all that can be reached is taken in hand first, what is met on the way when it is met."""
    reach, until = Reach(called, inputs, kwargs), _call.__code__
    with Kept() as kept:
        stack = ModuleStack(until, kept.module)
        listing = Listing(until, own_file(called)) if options.source else NoListing()
        watch = Watch(listing, stack, options, [scope_of(frame), reach.names, parameters_of(called, inputs, kwargs)])
        try:
            kept.tensors(reach.tensors)
            for module in reach.modules:
                kept.module(module)
            watch.met.update(map(id, reach.modules))
            if reach.scripted:
                watch.has_scripted()
            if reach.compiled:
                watch.look_away()
            return _watched(watch, called, inputs, kwargs)
        finally:
            watch.release()
            stack.release()


def _watched(watch: Watch, called: Callable[..., Any], inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Run:
    """Its variables are gone before the graph is released, so that a deep one is freed from its end."""
    try:
        with watch.listening():
            returned = _call(called, inputs, kwargs)
    except Exception as problem:  # the user's: told in the run, as the app does
        watch.failed(problem)
        return watch.run()
    if type(returned) is GeneratorType:
        raise trace_error("generator", watch.language)
    outputs = list(tensors_in(returned, "output"))
    if not watch.has_own_backward(outputs):
        if not results_of(outputs):
            raise trace_error("no_grad" if outputs else "no_output", watch.language)
        watch.show(outputs)
        watch.differentiate()
    return watch.run()


def _call(called: Callable[..., Any], inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Frames inside of this one are the callable's."""
    return called(*inputs, **kwargs)
