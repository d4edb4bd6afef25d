"""Writes, in LLVM's language, the function that asks torch's C++ what several tensors are and where they lie.

Each fact is asked of the function that answers Python too: those of torch's C shim, which are meant to stay (``aoti_torch_*``, in its header
``torch/csrc/inductor/aoti_torch/c/shim.h``), and some of C++, of operators and of tensors, by the names that C++ gives them. None of them
changes or raises anything for a tensor of torch's own class that has a storage and is not nested. Seen in torch 2.13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from llvmlite import ir

from explorer.capture.native_builder import Builder

FORM, OFFSET, NBYTES, ADDRESS, VERSION = range(5)
"""Rows of a table, by what they tell of each tensor: which form it has (-1 where none can be told), storage_offset in elements, bytes of the storage, where the first element lies, and the version counter."""
COLUMNS = 5
MOST_DIMS = 8
"""Of a tensor with more no form is told."""

_SHIM = ("dtype", "device_type", "device_index", "is_contiguous", "dim")
_STRIDED = 0
"""``torch.strided``, as the shim says it."""
_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "is_inference": "_ZN2at6native12is_inferenceERKNS_6TensorE",
        "is_neg": "_ZN2at6native6is_negERKNS_6TensorE",
        "is_conj": "_ZN2at6native7is_conjERKNS_6TensorE",
        "is_leaf": "_ZNK2at10TensorBase7is_leafEv",
        "is_view": "_ZNK2at10TensorBase7is_viewEv",
        "requires_grad": "_ZNK3c1010TensorImpl13requires_gradEv",
    }
)
_VERSION = "_ZNK2at10TensorBase8_versionEv"
_DIM = _SHIM.index("dim")
_SIZES = len(_SHIM) + len(_FLAGS)
"""Column of a form at which its sizes begin, with its strides behind them."""
FORM_COLUMNS = _SIZES + 2 * MOST_DIMS

OBJECT_BYTES = 16
"""How far behind the begin of a tensor's Python object torch's own tensor lies: a pointer to what ``_cdata`` tells."""

_I8, _I32, _I64, _POINTER = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.PointerType()
_PRIME = 0x9E3779B97F4A7C15


def asked() -> list[str]:
    """The names of torch's functions that `describes` calls."""
    shim = [
        _shim(name) for name in ("layout", *_SHIM, "sizes", "strides", "storage_offset", "storage_size", "data_ptr")
    ]
    return [*shim, *_FLAGS.values(), _VERSION]


def describes(name: str) -> ir.Module:
    """``int64 name(int64 count, int64 *objects, int64 *rows, int64 known, int64 *forms, int64 *slots, int64 mask)``.

    `objects` are (count) addresses of tensors as Python holds them, `rows` (`COLUMNS`, count) to be filled. Forms are numbered in the order in which
    they are met, and what they are is kept in `forms` (room for `known` + count + 1, `FORM_COLUMNS`). `slots` (mask + 1, a power of two, more than twice
    as many) finds them: the number of a form and 1, 0 where there is none. Returns how many are known then.
    """
    module = ir.Module()
    function = ir.Function(
        module, ir.FunctionType(_I64, [_I64, _POINTER, _POINTER, _I64, _POINTER, _POINTER, _I64]), name
    )
    count, objects, rows, before, forms, slots, mask = function.args
    b = Builder(function)
    torch, table = _Torch(module, b), _Table(forms, slots, mask, b.variable(before))
    with b.counting(_I64(0), count) as at:
        tensor = b.inttoptr(b.add(b.fetch(_I64, objects, at), _I64(OBJECT_BYTES)), _POINTER)
        columns = [b.item(_I64, rows, b.add(at, b.mul(count, _I64(column)))) for column in range(COLUMNS)]
        form = table.row(b, b.value(table.known))
        b.store(_I64(-1), columns[FORM])
        with b.if_then(_has_strides(b, torch, tensor, form)):  # others would raise
            failed = b.or_(_describe(b, torch, tensor, form), _locate(b, torch, tensor, columns))
            with b.if_then(b.icmp_signed("==", failed, _I32(0))):
                b.store(_number(b, table, form), columns[FORM])
    b.ret(b.value(table.known))
    return module


class _Torch:
    """Torch's functions."""

    def __init__(self, module: ir.Module, b: Builder) -> None:
        self._module, self._b = module, b
        self._known: dict[str, ir.Function] = {}

    def shim(self, name: str, tensor: ir.Value, into: ir.Value) -> ir.Value:
        """Ask a function of the C shim, which stores its answer; not 0 where it has none."""
        return self._b.call(self._function(_shim(name), _I32, [_POINTER, _POINTER]), [tensor, into])

    def ask(self, name: str, kind: ir.Type, tensor: ir.Value) -> ir.Value:
        """Ask one of C++, which returns its answer."""
        return self._b.call(self._function(name, kind, [_POINTER]), [tensor])

    def _function(self, name: str, kind: ir.Type, takes: Sequence[ir.Type]) -> ir.Function:
        if name not in self._known:
            self._known[name] = ir.Function(self._module, ir.FunctionType(kind, takes), name)
        return self._known[name]


def _shim(name: str) -> str:
    return f"aoti_torch_{name}" if name.startswith("is_") else f"aoti_torch_get_{name}"


def _has_strides(b: Builder, torch: _Torch, tensor: ir.Value, form: ir.Value) -> ir.Value:
    """Whether a tensor is of the layout that has some. Where it is written down does not count yet."""
    failed = torch.shim("layout", tensor, form)
    return b.icmp_signed("==", b.or_(failed, b.trunc(b.fetch(_I64, form, _I64(0)), _I32)), _I32(_STRIDED))


def _describe(b: Builder, torch: _Torch, tensor: ir.Value, form: ir.Value) -> ir.Value:
    """Write down of what form a tensor with strides is; not 0 where that cannot be told."""
    for column in range(FORM_COLUMNS):
        b.store(_I64(0), b.item(_I64, form, _I64(column)))
    failed: ir.Value = _I32(0)
    for column, name in enumerate(_SHIM):
        failed = b.or_(failed, torch.shim(name, tensor, b.item(_I64, form, _I64(column))))
    implementation = b.load(tensor, typ=_POINTER)
    for column, (name, symbol) in enumerate(_FLAGS.items(), len(_SHIM)):
        flag = torch.ask(symbol, _I8, implementation if name == "requires_grad" else tensor)
        b.store(b.zext(b.and_(flag, _I8(1)), _I64), b.item(_I64, form, _I64(column)))
    dim = b.fetch(_I64, form, _I64(_DIM))
    failed = b.or_(failed, b.zext(b.icmp_signed(">", dim, _I64(MOST_DIMS)), _I32))
    end = b.select(b.icmp_signed("==", failed, _I32(0)), dim, _I64(0))
    for first, name in ((_SIZES, "sizes"), (_SIZES + MOST_DIMS, "strides")):
        where = b.variable(ir.Constant(_POINTER, None))
        failed = b.or_(failed, torch.shim(name, tensor, where))
        with b.counting(_I64(0), end) as at:
            b.store(b.fetch(_I64, b.value(where), at), b.item(_I64, form, b.add(at, _I64(first))))
    return failed


def _locate(b: Builder, torch: _Torch, tensor: ir.Value, columns: Sequence[ir.Value]) -> ir.Value:
    """Write down where a tensor lies and how often it was written; not 0 where that cannot be told."""
    failed: ir.Value = _I32(0)
    for column, name in ((OFFSET, "storage_offset"), (NBYTES, "storage_size"), (ADDRESS, "data_ptr")):
        failed = b.or_(failed, torch.shim(name, tensor, columns[column]))
    b.store(_I64(0), columns[VERSION])
    counts = b.icmp_signed("==", torch.ask(_FLAGS["is_inference"], _I8, tensor), _I8(0))  # others would raise
    with b.if_then(counts):
        b.store(torch.ask(_VERSION, _I64, tensor), columns[VERSION])
    return failed


class _Table(NamedTuple):
    """The forms that are known, and what finds them."""

    forms: ir.Value
    slots: ir.Value
    mask: ir.Value
    known: ir.Value
    """The variable that counts them."""

    def row(self, b: Builder, number: ir.Value) -> ir.Value:
        """Where a form is written down."""
        return b.item(_I64, self.forms, b.mul(number, _I64(FORM_COLUMNS)))


def _number(b: Builder, table: _Table, form: ir.Value) -> ir.Value:
    """The number of a form that lies behind those that are known; it counts as one of them from then on, unless it is."""
    slot, found = b.variable(b.and_(_hash(b, form), table.mask)), b.variable(_I64(-1))

    def goes_on() -> ir.Value:
        taken = b.icmp_signed("!=", b.fetch(_I64, table.slots, b.value(slot)), _I64(0))
        return b.and_(b.icmp_signed("<", b.value(found), _I64(0)), taken)

    with b.whilst(goes_on):
        number = b.sub(b.fetch(_I64, table.slots, b.value(slot)), _I64(1))
        equal = _are_equal(b, form, table.row(b, number))
        b.store(b.select(equal, number, _I64(-1)), found)
        b.store(b.and_(b.add(b.value(slot), _I64(1)), table.mask), slot)
    with b.if_then(b.icmp_signed("<", b.value(found), _I64(0))):
        number = b.value(table.known)
        b.store(number, found)
        b.store(b.add(number, _I64(1)), table.known)
        b.store(b.value(table.known), b.item(_I64, table.slots, b.value(slot)))
    return b.value(found)


def _hash(b: Builder, form: ir.Value) -> ir.Value:
    mixed = b.variable(_I64(0))
    with b.counting(_I64(0), _I64(FORM_COLUMNS)) as at:
        product = b.mul(b.xor(b.value(mixed), b.fetch(_I64, form, at)), _I64(_PRIME))
        b.store(b.xor(product, b.lshr(product, _I64(29))), mixed)
    return b.value(mixed)


def _are_equal(b: Builder, one: ir.Value, other: ir.Value) -> ir.Value:
    differing = b.variable(_I64(0))
    with b.counting(_I64(0), _I64(FORM_COLUMNS)) as at:
        difference = b.xor(b.fetch(_I64, one, at), b.fetch(_I64, other, at))
        b.store(b.or_(b.value(differing), difference), differing)
    return b.icmp_signed("==", b.value(differing), _I64(0))
