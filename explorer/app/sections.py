"""The states of the Tensors page's sections about files, names and operations: small records, and the code that each begins with."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from explorer.charts.distributions import edges
from explorer.ir import FileRequest, Given, LookRequest, Record, RunRequest
from explorer.names import parse_names
from explorer.operations import OPERATIONS, Operation, find

BRIDGE = """\
points = torch.ones(3, 4)
points_np = points.numpy()
points_np[0, 1] = 7.

back = torch.from_numpy(points_np)
back[2] = 5.

last_rows = points_np[1:]
copy = points_np.copy()"""
"""After chapter 3.10 of the notes."""

SAVED = """\
points = torch.tensor([
    [4., 1.],
    [5., 3.],
    [2., 1.],
])"""

_GREYSCALE = """\
img_t = torch.randn(3, 5, 5)
batch_t = torch.randn(2, 3, 5, 5)
weights = torch.tensor([0.2126, 0.7152, 0.0722])

# every channel counts the same
gray_naive = img_t.mean(-3)
batch_gray_naive = batch_t.mean(-3)

# weighted: broadcast from the right
unsqueezed_weights = weights.unsqueeze(-1).unsqueeze(-1)
img_weights = img_t * unsqueezed_weights
gray_weighted = img_weights.sum(-3)
batch_weights = batch_t * unsqueezed_weights
batch_gray_weighted = batch_weights.sum(-3)

# the same, with letters for dimensions
gray_fancy = torch.einsum("...chw,c->...hw", img_t, weights)
batch_gray_fancy = torch.einsum("...chw,c->...hw", batch_t, weights)"""

_MISMATCH = """\
img_t = torch.randn(3, 5, 5)
weights = torch.tensor([0.2126, 0.7152, 0.0722])

wrong = img_t[..., :3] * weights
right = img_t * weights[:, None, None]"""

_ALIGN = """\
img_t = torch.randn(3, 5, 5)
weights = torch.tensor([0.2126, 0.7152, 0.0722])

aligned = weights[:, None, None]
gray = (img_t * aligned).sum(0)"""

_ATTENTION = """\
queries = torch.randn(2, 4, 5, 8)
keys = torch.randn(2, 4, 7, 8)

scores = queries @ keys.transpose(-2, -1)
weights = scores.softmax(-1)"""

_IMAGE = {"img_t": "channels, rows, columns", "weights": "channels"}

NAMED: dict[str, tuple[str, dict[str, str]]] = {
    "greyscale": (_GREYSCALE, {**_IMAGE, "batch_t": "batch, channels, rows, columns"}),
    "mismatch": (_MISMATCH, _IMAGE),
    "align": (_ALIGN, _IMAGE),
    "attention": (_ATTENTION, {"queries": "batch, heads, time, features", "keys": "batch, heads, past, features"}),
}
"""Code and names by example; after chapter 3.4 of the notes. The title of one is the text ``dims.example.<name>``."""


class BridgeState(Record, frozen=True, kw_only=True):
    """The code that is stepped through, and the moment that is shown."""

    code: str = BRIDGE
    step: int | None = None
    """Index of the moment; None is the last."""

    def request(self) -> LookRequest:
        return LookRequest(code=self.code)


class FilesState(Record, frozen=True, kw_only=True):
    """The tensors that are saved, how, and what is read back."""

    code: str = SAVED
    chunk_rows: int = 0
    source: str = "saved_hdf5"
    """What is read where nothing was uploaded: ``saved_hdf5``, ``saved_pt`` or ``pickle``."""
    rows: str = "-2:"

    def request(self) -> FileRequest:
        return FileRequest(
            code=self.code, write=("pt", "safetensors", "npy", "hdf5"), chunk_rows=self.chunk_rows or None
        )


class NamesState(Record, frozen=True, kw_only=True):
    """Code, and the names that a person typed for its tensors."""

    example: str | None = "greyscale"
    code: str = _GREYSCALE
    given: dict[str, str] = msgspec.field(default_factory=lambda: NAMED["greyscale"][1])
    revision: int = 0

    def request(self) -> LookRequest:
        """Raises `explorer.names.NamesError` for names that cannot be."""
        given = tuple(Given(variable=name, names=parse_names(text)) for name, text in sorted(self.given.items()))
        return LookRequest(code=self.code, given=tuple(one for one in given if one.names))

    def with_example(self, name: str) -> NamesState:
        code, given = NAMED[name]
        return NamesState(example=name, code=code, given=given, revision=self.revision + 1)

    def with_names(self, variable: str, text: str) -> NamesState:
        return replace(self, given={**self.given, variable: text})


BINS = 40
"""Of the histogram of random numbers."""


class OperationsState(Record, frozen=True, kw_only=True):
    """The function that is tried, and its code."""

    kind: str = "reduction"
    name: str = "argmax"
    dim: int | None = None
    code: str = find("argmax").code()
    revision: int = 0
    draws: int = 10_000
    """How many random numbers the histogram is of."""

    @property
    def operation(self) -> Operation:
        return find(self.name)

    def request(self) -> RunRequest:
        return RunRequest(code=self.code, verify="never")

    def draw_request(self) -> RunRequest:
        """Random numbers, counted in bins where they are drawn: a run brings at most 64 numbers back."""
        low, high = edges(self.name)
        code = f"samples = torch.{self.name}({self.draws})\ncounts = torch.histc(samples, {BINS}, {low}, {high})"
        return RunRequest(code=code, verify="never")

    def with_kind(self, kind: str) -> OperationsState:
        return self.with_name(next(one.name for one in OPERATIONS if one.kind == kind))

    def with_name(self, name: str, dim: int | None = None) -> OperationsState:
        found = find(name)
        return replace(self, kind=found.kind, name=name, dim=dim, code=found.code(dim), revision=self.revision + 1)
