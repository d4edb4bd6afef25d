"""What each operation does to names. An operation without a rule of its own keeps them where its result broadcasts from its inputs, else loses them.

Every rule gets the arguments as torch got them, with `Dims` in the place of tensors, and the shape that came out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import prod
from types import MappingProxyType
from typing import Any

from explorer.ir import Sentence
from explorer.names.alignment import pairs
from explorer.names.dims import Dims, Names, unnamed


@dataclass(frozen=True)
class Carried:
    """The names of a result, why it has them, and where two names that met did not agree."""

    names: Names
    rule: Sentence
    mismatch: Sentence | None = None


@dataclass(frozen=True)
class _Call:
    """One call: what torch was given, and the shape of what came out."""

    arguments: Sequence[Any]
    keywords: Mapping[str, Any]
    shape: tuple[int, ...]

    @property
    def tensor(self) -> Dims:
        """The first argument."""
        first: Dims = self.arguments[0]
        return first

    def get(self, position: int, *names: str, default: Any = None) -> Any:
        """An argument by position or by one of its names."""
        if len(self.arguments) > position:
            return self.arguments[position]
        return next((self.keywords[name] for name in names if name in self.keywords), default)

    def several(self, position: int, *names: str) -> tuple[int, ...]:
        """Integers given as one sequence or one by one."""
        given = self.get(position, *names)
        if given is None:
            return ()
        return tuple(given) if isinstance(given, list | tuple) else tuple(self.arguments[position:]) or (given,)


Rule = Callable[[_Call], Carried]


def carry(function: str, arguments: Sequence[Any], keywords: Mapping[str, Any], shape: tuple[int, ...]) -> Carried:
    """The names of the result of ``function(*arguments, **keywords)``, which has `shape`.

    Args:
        function: as in ``transpose``; methods and functions of torch share names.
        arguments: tensors are `Dims`, also inside lists.
        keywords: likewise.
        shape: of the result that is asked about.
    """
    call = _Call(arguments, keywords, shape)
    rule = RULES.get(function, _broadcast)
    try:
        carried = rule(call)
    except (IndexError, KeyError, TypeError, ValueError, AttributeError):
        return _lost(call)
    return carried if len(carried.names) == len(shape) else _lost(call)


def _said(key: str, **values: object) -> Sentence:
    return Sentence(key=f"names.rule.{key}", values={name: str(value) for name, value in values.items()})


def _called(name: str | None) -> str:
    return name or "_"


def _list(names: Sequence[str | None]) -> str:
    return ", ".join(map(_called, names)) or "–"


def _lost(call: _Call) -> Carried:
    return Carried(unnamed(call.shape).names, _said("lost"))


def _inputs(value: Any) -> list[Dims]:
    if isinstance(value, Dims):
        return [value]
    return [one for item in value for one in _inputs(item)] if isinstance(value, list | tuple) else []


def _broadcast(call: _Call) -> Carried:
    """Pointwise operations, and whatever keeps its shape: names are matched from the right."""
    inputs = _inputs([*call.arguments, *call.keywords.values()])
    if not inputs:
        return Carried(unnamed(call.shape).names, _said("created"))
    result, mismatch = inputs[0], None
    for other in inputs[1:]:
        matched = pairs(result, other)
        mismatch = mismatch or _mismatch(result, other)
        sizes = tuple(max(side[0] for side in (pair.first, pair.second) if side is not None) for pair in matched)
        result = Dims(sizes, tuple(pair.name for pair in matched))
    if len(result.names) != len(call.shape) or not _spreads(inputs, call.shape):
        return _lost(call)
    return Carried(result.names, _said("broadcast" if len(inputs) > 1 else "keep"), mismatch)


def _spreads(inputs: Sequence[Dims], shape: tuple[int, ...]) -> bool:
    """Whether `shape` is what the inputs broadcast to."""
    return all(
        size in {1, *found} and (size in found) for size, found in zip(shape, _sizes(inputs, shape), strict=True)
    )


def _sizes(inputs: Sequence[Dims], shape: tuple[int, ...]) -> list[set[int]]:
    columns = zip_longest(*(reversed(one.shape) for one in inputs), fillvalue=1)
    return [set(column) for column in columns][: len(shape)][::-1]


def _mismatch(first: Dims, second: Dims) -> Sentence | None:
    """As torch said it: two names at the same position from the right that are not equal."""
    for pair in reversed(pairs(first, second)):
        if not pair.names_fit and pair.first is not None and pair.second is not None:
            return Sentence(
                key="names.mismatch",
                values={
                    "first": _list(first.names),
                    "second": _list(second.names),
                    "one": _called(pair.first[1]),
                    "other": _called(pair.second[1]),
                },
            )
    return None


def _reduce(call: _Call) -> Carried:
    """``sum``, ``mean`` and their like: the dimensions that are summed over go, or stay with size 1."""
    tensor = call.tensor
    given = call.get(1, "dim", "axis")
    dims = range(len(tensor.shape)) if given is None else given if isinstance(given, list | tuple) else (given,)
    gone = {tensor.at(dim) for dim in dims}
    keep = bool(call.get(2, "keepdim", default=False))
    names = tuple(name for at, name in enumerate(tensor.names) if keep or at not in gone)
    lost = _list([tensor.names[at] for at in sorted(gone) if at < len(tensor.names)])
    return Carried(names, _said("reduce_keep" if keep else "reduce", names=lost))


def _extreme(call: _Call) -> Carried:
    """``max`` and ``min``: of one tensor a reduction, of two a pointwise operation."""
    return _broadcast(call) if len(_inputs(list(call.arguments))) > 1 else _reduce(call)


def _transpose(call: _Call) -> Carried:
    tensor = call.tensor
    one, other = (tensor.at(call.get(at, f"dim{at - 1}", f"axis{at - 1}")) for at in (1, 2))
    names = list(tensor.names)
    names[one], names[other] = names[other], names[one]
    return Carried(tuple(names), _said("swap", one=_called(tensor.names[one]), other=_called(tensor.names[other])))


def _reverse(call: _Call) -> Carried:
    return Carried(tuple(reversed(call.tensor.names)), _said("reverse"))


def _last_two(call: _Call) -> Carried:
    *outer, one, other = call.tensor.names
    return Carried((*outer, other, one), _said("swap", one=_called(one), other=_called(other)))


def _permute(call: _Call) -> Carried:
    tensor = call.tensor
    names = tuple(tensor.names[tensor.at(dim)] for dim in call.several(1, "dims"))
    return Carried(names, _said("permute", names=_list(names)))


def _movedim(call: _Call) -> Carried:
    tensor = call.tensor
    source, target = (call.get(at, name) for at, name in ((1, "source"), (2, "destination")))
    sources = [tensor.at(dim) for dim in (source if isinstance(source, list | tuple) else [source])]
    targets = [tensor.at(dim) for dim in (target if isinstance(target, list | tuple) else [target])]
    names: list[Any] = [...] * len(tensor.names)
    for one, place in zip(sources, targets, strict=True):
        names[place] = tensor.names[one]
    rest = iter([name for at, name in enumerate(tensor.names) if at not in sources])
    found = tuple(next(rest) if name is ... else name for name in names)
    return Carried(found, _said("permute", names=_list(found)))


def _unsqueeze(call: _Call) -> Carried:
    names = list(call.tensor.names)
    dim = call.get(1, "dim")
    names.insert(dim if dim >= 0 else len(names) + 1 + dim, None)
    return Carried(tuple(names), _said("insert"))


def _squeeze(call: _Call) -> Carried:
    tensor = call.tensor
    given = call.get(1, "dim")
    dims = range(len(tensor.shape)) if given is None else given if isinstance(given, list | tuple) else (given,)
    gone = {tensor.at(dim) for dim in dims if tensor.shape[tensor.at(dim)] == 1} if tensor.shape else set()
    names = tuple(name for at, name in enumerate(tensor.names) if at not in gone)
    return Carried(names, _said("reduce", names=_list([tensor.names[at] for at in sorted(gone)])))


def _flatten(call: _Call) -> Carried:
    tensor = call.tensor
    start, end = tensor.at(call.get(1, "start_dim", default=0)), tensor.at(call.get(2, "end_dim", default=-1))
    merged = tensor.names[start : end + 1]
    one = "·".join(name for name in merged if name) if all(merged) else None
    names = (*tensor.names[:start], one, *tensor.names[end + 1 :])
    return Carried(names, _said("merge", names=_list(merged), one=_called(one)))


def _reshape(call: _Call) -> Carried:
    """Dimensions at both ends that keep their size keep their name; what is cut anew in between has none."""
    tensor = call.tensor
    if tensor.shape == call.shape:
        return Carried(tensor.names, _said("keep"))
    short = min(len(tensor.shape), len(call.shape))
    front = next((at for at in range(short) if tensor.shape[at] != call.shape[at]), short)
    back = next((at for at in range(short - front) if tensor.shape[-1 - at] != call.shape[-1 - at]), short - front)
    middle = len(call.shape) - front - back
    if prod(tensor.shape[front : len(tensor.shape) - back]) != prod(call.shape[front : front + middle]):
        return _lost(call)
    tail = tensor.names[len(tensor.names) - back :] if back else ()
    return Carried((*tensor.names[:front], *[None] * middle, *tail), _said("reshape"))


def _expand(call: _Call) -> Carried:
    names = call.tensor.names
    return Carried((None,) * (len(call.shape) - len(names)) + names, _said("expand"))


def _index(call: _Call) -> Carried:
    """``x[1:, 0, ..., None]``: an integer drops its dimension, a slice keeps it, None puts one in."""
    tensor, key = call.tensor, call.arguments[1]
    items = list(key) if isinstance(key, tuple) else [key]
    if any(isinstance(item, Dims | list) for item in items):
        return _advanced(call, items)
    used = sum(item is not None and item is not Ellipsis and not isinstance(item, bool) for item in items)
    if Ellipsis not in items:
        items.append(Ellipsis)
    names: list[str | None] = []
    rest = list(tensor.names)
    for item in items:
        if item is Ellipsis:
            count = len(tensor.names) - used
            names += [rest.pop(0) for _ in range(count)]
        elif item is None:
            names.append(None)
        elif isinstance(item, slice):
            names.append(rest.pop(0))
        else:
            rest.pop(0)
    return Carried(tuple(names), _said("index"))


def _advanced(call: _Call, items: list[Any]) -> Carried:
    """One list or tensor of indices in front: what it picks from loses its name where it has not one dimension of indices."""
    picked = items[0]
    if len(items) != 1:
        return _lost(call)
    depth = len(picked.shape) if isinstance(picked, Dims) else 1
    tensor = call.tensor
    if isinstance(picked, Dims) and picked.shape == tensor.shape and len(call.shape) == 1 and depth > 1:
        return _lost(call)
    front = (tensor.names[0],) if depth == 1 else (None,) * depth
    return Carried((*front, *tensor.names[1:]), _said("index"))


def _matmul(call: _Call) -> Carried:
    """The inner two dimensions go; the outer ones are matched from the right."""
    first, second = _inputs(list(call.arguments))[:2]
    inner, other = first.names[-1], second.names[-2] if len(second.names) > 1 else second.names[-1]
    clash = None
    if inner is not None and other is not None and inner != other:
        values = {"first": _list(first.names), "second": _list(second.names), "one": inner, "other": other}
        clash = Sentence(key="names.mismatch.inner", values=values)
    outer = [pair.name for pair in pairs(_outer(first), _outer(second))]
    ends = [first.names[-2]] if len(first.names) > 1 else []
    ends += [second.names[-1]] if len(second.names) > 1 else []
    return Carried((*outer, *ends), _said("matmul", name=_called(inner or other)), clash)


def _outer(dims: Dims) -> Dims:
    return Dims(dims.shape[:-2], dims.names[:-2])


def _linear(call: _Call) -> Carried:
    tensor, weight = _inputs(list(call.arguments))[:2]
    return Carried((*tensor.names[:-1], weight.names[0]), _said("matmul", name=_called(tensor.names[-1])))


def _einsum(call: _Call) -> Carried:
    """The letters are names already: each stands for the name that its dimension has."""
    text, tensors = call.arguments[0].replace(" ", ""), _inputs(list(call.arguments[1:]))
    before, arrow, after = text.partition("->")
    found: dict[str, str | None] = {}
    rest: Names = ()
    clash = None
    for term, tensor in zip(before.split(","), tensors, strict=True):
        front, dots, back = term.partition("...")
        letters = front + back
        middle = len(tensor.names) - len(letters)
        places = list(range(len(front))) + list(range(len(front) + middle, len(tensor.names)))
        for letter, at in zip(letters, places, strict=True):
            name = tensor.names[at]
            if name is not None and found.get(letter) not in (None, name):
                clash = Sentence(
                    key="names.mismatch.letter",
                    values={"letter": letter, "one": _called(found[letter]), "other": name},
                )
            found[letter] = found.get(letter) or name
        if dots and middle > len(rest):
            rest = tensor.names[len(front) : len(front) + middle]
    if not arrow:
        after = ("..." if rest else "") + "".join(sorted(letter for letter in found if before.count(letter) == 1))
    front, dots, back = after.partition("...")
    names = (*(found[one] for one in front), *(rest if dots else ()), *(found[one] for one in back))
    return Carried(names, _said("einsum", text=text), clash)


def _cat(call: _Call) -> Carried:
    tensors = _inputs(call.arguments[0])
    names, clash = tensors[0].names, None
    for other in tensors[1:]:
        clash = clash or _mismatch(Dims(tensors[0].shape, names), other)
        names = tuple(pair.name for pair in pairs(Dims(tensors[0].shape, names), other))
    return Carried(names, _said("cat"), clash)


def _stack(call: _Call) -> Carried:
    names = list(_cat(call).names)
    dim = call.get(1, "dim", default=0)
    names.insert(dim if dim >= 0 else len(names) + 1 + dim, None)
    return Carried(tuple(names), _said("insert"))


def _drop_one(call: _Call) -> Carried:
    """``select`` and ``unbind``: one dimension goes."""
    tensor = call.tensor
    gone = tensor.at(call.get(1, "dim", default=0))
    names = tuple(name for at, name in enumerate(tensor.names) if at != gone)
    return Carried(names, _said("reduce", names=_called(tensor.names[gone])))


def _keep(call: _Call) -> Carried:
    """Other sizes, same dimensions: ``narrow``, ``chunk``, ``repeat_interleave`` along a dimension."""
    return Carried(call.tensor.names, _said("keep"))


def _table(rules: Mapping[Rule, str]) -> Mapping[str, Rule]:
    return MappingProxyType({name: rule for rule, names in rules.items() for name in names.split()})


RULES = _table(
    {
        _reduce: "sum mean prod amax amin std var all any argmax argmin logsumexp norm median nansum nanmean count_nonzero aminmax std_mean var_mean",
        _extreme: "max min",
        _transpose: "transpose swapaxes swapdims",
        _reverse: "T t",
        _last_two: "mT H mH adjoint",
        _permute: "permute",
        _movedim: "movedim moveaxis",
        _unsqueeze: "unsqueeze",
        _squeeze: "squeeze",
        _flatten: "flatten",
        _reshape: "reshape view",
        _expand: "expand broadcast_to",
        _index: "__getitem__",
        _matmul: "matmul __matmul__ mm bmm mv dot",
        _linear: "linear",
        _einsum: "einsum",
        _cat: "cat concat concatenate",
        _stack: "stack",
        _drop_one: "select unbind",
        _keep: "narrow chunk split index_select tensor_split",
    }
)
"""By name; the others are `_broadcast`."""
