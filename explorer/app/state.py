"""The state of the Graph page: one small serialisable record, from which everything on the page follows."""

from __future__ import annotations

import hashlib
from typing import Literal

from msgspec.structs import replace

from explorer.app.numbers import NumberError, read_nested
from explorer.examples import examples
from explorer.ir import Input, LibraryModel, Nested, Record, Repository, RunRequest, Sentence, Verify, encode
from explorer.viewer.look import Look

Source = Literal["code", "model"]


class Further(Record, frozen=True, kw_only=True):
    """What is asked of one run beyond the run itself. It goes with that run: a run of anything else is not asked for it."""

    about: str = ""
    """Fingerprint of the plain request."""
    check: int | None = None
    """Forward call to check against finite differences."""
    repeats: int = 0
    """Further runs, to take times."""
    verify: Verify = "auto"


class GraphState(Record, frozen=True, kw_only=True):
    """What a person chose and typed on the Graph page. Equal states show equal pages."""

    source: Source = "code"
    model: str | None = None
    """Name in the catalogue of the model last chosen."""
    batch: int = 1
    shape: tuple[int, ...] = ()
    """Its input shape without the batch."""
    library: LibraryModel | None = None
    """A model of an optional library that the code calls; it goes when another text is chosen."""
    repository: Repository | None = None
    """The Torch Hub repository that the code may load from; it goes when another text is chosen."""
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
    result: str = ""
    """Variable to differentiate; empty leaves the choice to the run."""
    gradient: str = ""
    """As typed: a number or nested lists; empty means ones."""
    backward: int = -1
    seed: int = 0
    device: str = "cpu"
    open_modules: tuple[str, ...] | None = None
    """Modules drawn open; None leaves it to the size of the graph."""
    engine: Literal["layered", "graphviz"] = "layered"
    """Who places the boxes; Graphviz where it can."""
    wrap: bool = False
    """Whether a long drawing is cut into columns."""
    show_saved: bool = False
    """Whether each saved tensor has a box of its own."""
    selected: int | None = None
    """Selected node of the graph."""
    look: Look = Look()
    """View, overlay and what else the viewer shows without drawing anew."""
    storage: int | None = None
    """Storage whose strip is open."""
    further: Further = Further()

    def request(self) -> RunRequest:
        """The run that this state asks for; raises `numbers.NumberError` where the gradient cannot be read."""
        plain, further = self._plain(), self.further
        if further.about != fingerprint(plain):
            return plain
        return replace(plain, check=further.check, repeats=further.repeats, verify=further.verify)

    def asking(self, **fields: object) -> GraphState:
        """This state, asking more of the same run: `fields` are those of `Further`."""
        try:
            about = fingerprint(self._plain())
        except NumberError:
            return self
        before = self.further if self.further.about == about else Further(about=about)
        return replace(self, further=replace(before, **fields))

    def _plain(self) -> RunRequest:
        return RunRequest(
            code=self.code,
            inputs=self.inputs,
            inputs_may_miss=True,
            result=self.result or None,
            gradient=self._gradient(),
            backward=self.backward,
            seed=self.seed,
            device=self.device,
            library=self.library,
            repository=self.repository,
        )

    def _gradient(self) -> Nested | None:
        return read_nested(self.gradient) if self.gradient.strip() else None


def fingerprint(record: Record) -> str:
    """A short name for a record's content, the same for equal records."""
    return hashlib.blake2b(encode(record), digest_size=8).hexdigest()
