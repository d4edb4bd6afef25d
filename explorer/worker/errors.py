"""What went wrong in typed code, in one sentence or two: the exception, torch's own words, and what to try."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator
from types import FrameType

from explorer.capture.source import SNIPPET
from explorer.ir import Sentence
from explorer.worker.classics import CLASSICS

LONGEST = 500
"""Characters of a message that are kept."""

_SHORT = 120
_OPTIONS = (
    "requires_grad",
    "retain_graph",
    "create_graph",
    "dtype",
    "device",
    "dim",
    "keepdim",
    "bias",
    "lr",
    "momentum",
)
"""Keyword arguments that a misspelt one may have meant."""
_SENTENCE_END = re.compile(r"(?<=[a-z)\]'])\.\s+(?=[A-Z])")

_NAMED_TENSORS = frozenset({"names", "rename", "rename_"})
"""Attributes that tensors had until torch 2.12, and that look like slips for others."""

_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|out of memory|Unable to allocate|bad_alloc", re.IGNORECASE
)


def frames_of(problem: BaseException) -> Iterator[tuple[FrameType, int]]:
    """The frames of typed code that an exception passed through and their lines, outermost first."""
    trace = problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SNIPPET:
            yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether an exception says that memory ran out."""
    return isinstance(problem, MemoryError) or (
        isinstance(problem, RuntimeError) and bool(_MEMORY.search(_words(problem)))
    )


def explain(problem: BaseException, names: Iterable[str], piece: str = "") -> Sentence:
    """What to tell about an exception.

    Args:
        problem: what typed code raised.
        names: those that a misspelt name may have meant.
        piece: the piece of source that was running.
    """
    own = getattr(problem, "sentence", None)
    if isinstance(own, Sentence):  # the facade speaks for itself
        return own
    if type(problem) is NameError and problem.name:
        return _misspelt(problem.name, names)
    said = first_sentence(problem)
    if "object is not callable" in said:
        return _not_callable(said, piece)
    gone = isinstance(problem, AttributeError) and problem.name in _NAMED_TENSORS
    if isinstance(problem, AttributeError) and problem.name and not gone and (close := _close_attribute(problem)):
        return Sentence(key="session.error.attribute_close", values={"said": said, "close": close})
    for pattern, key in CLASSICS:
        match = re.search(pattern, f"{_kind(problem)}: {_words(problem)}", re.DOTALL)
        if match:
            details = {f"a{at}": text for at, text in enumerate(match.groups(), 1) if text}
            return _keyword(said, details["a1"]) if key == "keyword" else _tell(key, said, **details)
    return _tell("raised", said)


def first_sentence(problem: BaseException) -> str:
    """``RuntimeError: mat1 and mat2 shapes ...``: the type and the first line of what it says."""
    words = _words(problem).strip().split("\n")[0].strip()
    if len(words) > _SHORT:
        words = _SENTENCE_END.split(words, maxsplit=1)[0]
    words = words.rstrip(".")
    kind = _kind(problem)
    return (f"{kind}: {words}" if words else kind)[:LONGEST]


def _tell(key: str, said: str, **values: str) -> Sentence:
    return Sentence(key=f"session.error.{key}", values={"said": said, **values})


def _kind(problem: BaseException) -> str:
    """The name of its class, asked of `type` itself: a class may have a ``__name__`` of its own."""
    return str(type.__dict__["__name__"].__get__(type(problem)))


def _words(problem: BaseException) -> str:
    try:
        text = str(problem)
    except BaseException:  # typed code may write its own __str__
        return ""
    return text[:20_000].encode("utf-8", "replace").decode()


def _misspelt(name: str, names: Iterable[str]) -> Sentence:
    close = difflib.get_close_matches(name, [other for other in names if not other.startswith("_")], n=1, cutoff=0.7)
    if close:
        return Sentence(key="session.error.name_close", values={"name": name[:60], "close": close[0]})
    return Sentence(key="session.error.name", values={"name": name[:60]})


def _close_attribute(problem: AttributeError) -> str | None:
    try:
        close = difflib.get_close_matches(str(problem.name), dir(problem.obj), n=1, cutoff=0.7)
    except BaseException:  # typed code may write its own __dir__
        return None
    return close[0] if close else None


def _keyword(said: str, name: str) -> Sentence:
    close = difflib.get_close_matches(name, _OPTIONS, n=1, cutoff=0.7)
    return _tell("keyword_close", said, close=close[0]) if close else _tell("keyword", said, a1=name)


def _not_callable(said: str, piece: str) -> Sentence:
    """Name what stands before the round brackets."""
    try:
        call = ast.parse(piece.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _tell("not_callable", said)
    if not isinstance(call, ast.Call):
        return _tell("not_callable", said)
    return _tell("not_callable_thing", said, thing=ast.unparse(call.func)[:60])
