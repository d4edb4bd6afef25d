"""LLVM's instructions (https://llvm.org/docs/LangRef.html), and what its language has no words for: variables, arrays and loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from llvmlite import ir


class Builder(ir.IRBuilder):  # type: ignore[misc]  # llvmlite has no types
    """LLVM's instructions, and what its language has no words for: variables, arrays and loops."""

    def __init__(self, function: ir.Function) -> None:
        """At the begin of the function, behind a block in which its variables get their room."""
        super().__init__(function.append_basic_block())
        body = function.append_basic_block()
        self.branch(body)
        self.position_at_end(body)

    def variable(self, value: ir.Value) -> ir.Value:
        """Where a value lies that `store` changes."""
        with self.goto_entry_block():
            room = self.alloca(value.type)
        room.holds = value.type
        self.store(value, room)
        return room

    def array(self, kind: ir.Type, count: int) -> ir.Value:
        """Where an array lies."""
        with self.goto_entry_block():
            room = self.alloca(kind, count)
        room.holds = kind
        return room

    def value(self, variable: ir.Value) -> ir.Value:
        """What a variable holds now."""
        return self.load(variable, typ=variable.holds)

    def item(self, kind: ir.Type, array: ir.Value, at: ir.Value) -> ir.Value:
        """Where an item of an array lies."""
        return self.gep(array, [at], source_etype=kind)

    def fetch(self, kind: ir.Type, array: ir.Value, at: ir.Value) -> ir.Value:
        """An item of an array."""
        return self.load(self.item(kind, array, at), typ=kind)

    @contextmanager
    def whilst(self, condition: Callable[[], ir.Value]) -> Iterator[None]:
        """What is written inside is done again and again, as long as the condition holds."""
        test, body, after = (self.append_basic_block() for _ in range(3))
        self.branch(test)
        self.position_at_end(test)
        self.cbranch(condition(), body, after)
        self.position_at_end(body)
        yield
        self.branch(test)
        self.position_at_end(after)

    @contextmanager
    def counting(self, first: ir.Value, end: ir.Value, step: int = 1) -> Iterator[ir.Value]:
        """The same with a number, from `first` on, as long as it is less than `end`."""
        number = self.variable(first)
        with self.whilst(lambda: self.icmp_signed("<", self.value(number), end)):
            at = self.value(number)
            yield at
            self.store(self.add(at, ir.IntType(64)(step)), number)
