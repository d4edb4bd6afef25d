"""Native code of our own: LLVM compiles it for the processor that is there. No compiler has to be installed."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numpy.typing import NDArray

_compiling = Lock()
_made: dict[str, Callable[..., int]] = {}
"""What was compiled, by name."""


def function_of(module: Callable[[], ir.Module], name: str) -> Callable[..., int]:
    """The function `name` of what `module` makes, compiled once: all it takes and gives are whole numbers of 64 bits. It keeps other threads of Python waiting.

    Threads that ask for it at the same time get the same: code of a second engine, or of one name twice, would be gone while it runs.
    """
    with _compiling:
        if name not in _made:
            _made[name] = _compile(module(), name)
        return _made[name]


def _compile(module: ir.Module, name: str) -> Callable[..., int]:
    machine, engine = _engine()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(parsed, builder)
    engine.add_module(parsed)
    engine.finalize_object()
    (function,) = (one for one in module.functions if one.name == name)
    kind = ctypes.PYFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(function.args))
    return kind(engine.get_function_address(name))


def address_of_array(array: NDArray[Any]) -> int:
    """Where its items lie."""
    address: int = array.__array_interface__["data"][0]
    return address


@cache
def _engine() -> tuple[Any, Any]:
    """LLVM for this processor, and what holds the code that it makes, as long as the process lasts."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)
    return machine, llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
