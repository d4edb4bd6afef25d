"""Reads elements in native code: all that statistics need in one pass over a tensor, and many tensors in one call.

LLVM compiles it when it is first asked for, for the processor that is there; no compiler has to be installed. Functions of numpy or torch
would read the elements four times, and after a kernel of torch's each of them costs 20 to 50 us before it begins (`docs/benchmarks.md`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy
from numpy.typing import NDArray

from explorer.capture.histogram import stride_of_sample
from explorer.capture.kernel_code import COLUMNS, DTYPES, SUMS, reads
from explorer.ir import PREVIEW_ELEMENTS

__all__ = ["DTYPES", "SUMS", "Rows", "read"]


class Rows:
    """What was read of several tensors, by position."""

    __slots__ = ("odd", "table")

    def __init__(self, count: int) -> None:
        """Of so many, nothing yet."""
        self.table: NDArray[Any] = numpy.empty((count, COLUMNS))
        """The elements' sum, that of their squares, the least, the largest, how many are zero, 1 where that says too little; and a histogram."""
        self.odd = 0
        """Of how many it says too little: an element is not finite, or float64 has lost digits. Of these there is no histogram."""

    def which_are_odd(self) -> list[int]:
        """Their positions."""
        return numpy.flatnonzero(self.table[:, SUMS - 1]).tolist() if self.odd else []


def read(dtype: str, addresses: Sequence[int], numels: Sequence[int]) -> Rows:
    """Read tensors of one of `DTYPES`, none empty, whose elements lie in the CPU's memory one after the other from each address on.

    The caller knows that they are there: memory that is not ends the process. Those that are shown element by element get no histogram.
    """
    rows = Rows(len(addresses))
    tensors = numpy.array((addresses, numels, list(map(_stride, numels))), numpy.int64)
    rows.odd = compiled(dtype)(len(addresses), _address(tensors), _address(rows.table))
    return rows


def _stride(numel: int) -> int:
    return stride_of_sample(numel) if numel > PREVIEW_ELEMENTS else numel


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


@cache
def compiled(dtype: str) -> Callable[[int, int, int], int]:
    """The function of `reads`, which the first call compiles."""
    name, (machine, engine) = f"read_{dtype}", _engine()
    module = llvm.parse_assembly(str(reads(name, dtype)))
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    engine.add_module(module)
    engine.finalize_object()
    return ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)(engine.get_function_address(name))


@cache
def _engine() -> tuple[Any, Any]:
    """LLVM for this processor, and what holds the code that it makes, as long as the process lasts."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)
    return machine, llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
