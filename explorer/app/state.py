"""The state of the Graph page: one small serialisable record, from which everything on the page follows."""

from __future__ import annotations

import hashlib
from typing import Literal

from explorer.app.numbers import read_nested
from explorer.examples import examples
from explorer.ir import Input, Nested, Record, RunRequest, Sentence, encode

Source = Literal["code", "model"]


class GraphState(Record, frozen=True, kw_only=True):
    """What a person chose and typed on the Graph page. Equal states show equal pages."""

    source: Source = "code"
    model: str | None = None
    """Name in the catalogue of the model last chosen."""
    batch: int = 1
    shape: tuple[int, ...] = ()
    """Its input shape without the batch."""
    problem: Sentence | None = None
    """Why the sizes chosen for the model cannot be, where they cannot."""
    draft: str = examples()[0].code
    """The text in the editor."""
    revision: int = 0
    """Grows when the page puts a text into the editor: until then the text is the person's."""
    code: str = examples()[0].code
    """The text that was run last; Run copies the draft here."""
    inputs: tuple[Input, ...] = ()
    """Values chosen for names, also of those that `code` has no more, in case they come back."""
    free: tuple[str, ...] = ()
    """Free names of `code`, as its last run told; none before its first."""
    result: str = ""
    """Variable to differentiate; empty leaves the choice to the run."""
    gradient: str = ""
    """As typed: a number or nested lists; empty means ones."""
    backward: int = -1
    seed: int = 0
    device: str = "cpu"
    open_modules: tuple[str, ...] | None = None
    """Modules drawn open; None leaves it to the size of the graph."""
    show_saved: bool = False
    """Whether each saved tensor has a box of its own."""
    selected: int | None = None
    """Selected node of the graph."""

    def request(self) -> RunRequest:
        """The run that this state asks for; raises `numbers.NumberError` where the gradient cannot be read."""
        return RunRequest(
            code=self.code,
            inputs=tuple(given for given in self.inputs if given.name in self.free),
            result=self.result or None,
            gradient=self._gradient(),
            backward=self.backward,
            seed=self.seed,
            device=self.device,
        )

    def _gradient(self) -> Nested | None:
        return read_nested(self.gradient) if self.gradient.strip() else None


def fingerprint(record: Record) -> str:
    """A short name for a record's content, the same for equal records."""
    return hashlib.blake2b(encode(record), digest_size=8).hexdigest()
