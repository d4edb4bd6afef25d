"""A finished run in the hands of a user: its records by name, files of it, and the viewer in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from explorer import ir
from explorer.export import dot, html, svg, text
from explorer.graph.folding import every_module, open_to_depth
from explorer.graph.layout import lay_out
from explorer.graph.outline import outline
from explorer.graph.picture import compose
from explorer.ir import Graph, Layout, decode_run, encode
from explorer.words import Language, say, tell

HEIGHT = 640
"""px of the viewer in a notebook."""

_MOST_OPEN = 2_000
"""A graph of more nodes is not drawn with every module open."""

_DEPTHS = 4


class Run:
    """What `explorer.trace` returns. Every field of `record` is an attribute too: ``run.ops``, ``run.tensors``, ``run.memory``."""

    def __init__(self, record: ir.Run, *, language: Language = "en", exception: Exception | None = None) -> None:
        self.record = record
        self.language: Language = language
        self.exception = exception
        """What the traced callable raised; None where it did not, and in a run that was loaded."""

    @classmethod
    def load(cls, source: str | bytes | Path, *, language: Language = "en") -> Run:
        """Read a run from the path of a ``.json`` file, or from the JSON itself (text that begins with ``{``, or bytes).

        Raises:
            OSError: the file cannot be read.
            IrError: it is not a run, or it contradicts itself (a ValueError).
        """
        if isinstance(source, str) and source.lstrip().startswith("{"):
            source = source.encode()
        return cls(decode_run(source if isinstance(source, bytes) else Path(source).read_bytes()), language=language)

    @property
    def graph(self) -> Graph:
        """Nodes, edges and roots."""
        return self.record.graph

    def to_json(self) -> str:
        """The record as JSON, as `docs/json.md` describes it; equal runs give equal text."""
        return encode(self.record).decode()

    def save(self, path: str | Path) -> Path:
        """Write a file, by its suffix: ``.html`` (the interactive viewer), ``.json``, ``.dot``, ``.svg`` or ``.txt``; returns its path.

        Raises:
            ValueError: another suffix.
            OSError: the file cannot be written.
        """
        path = Path(path)
        write = _FORMATS.get(path.suffix.lower())
        if write is None:
            raise ValueError(say("notebook.error.suffix", self.language, given=path.suffix, known=", ".join(_FORMATS)))
        path.write_bytes(write(self).encode())
        return path

    def to_html(self) -> str:
        """A page that needs nothing else: the viewer, the graph at several fold depths, and the code."""
        return html.write(self.record, _drawings(self.record, self.language), self.language)

    def __getattr__(self, name: str) -> Any:
        if name == "record" or name.startswith("__"):  # while it is copied or unpickled
            raise AttributeError(name)
        return getattr(self.record, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.record.__struct_fields__})

    def __repr__(self) -> str:
        record, graph = self.record, self.record.graph
        leaves = sum(node.kind == "leaf" for node in graph.nodes)
        said = f"Run({record.status}, {len(graph.nodes)} nodes, {leaves} leaves, {len(record.ops)} calls)"
        return f"{said}: {record.message}" if record.message else said

    def _repr_html_(self) -> str:
        """The viewer in a frame of its own: sandboxed, so that nothing in the run can reach the notebook's page."""
        remarks = [] if self.record.sentence is None else [tell(self.record.sentence, self.language)]
        remarks += [tell(note, self.language) for note in self.record.notes]
        above = "".join(f"<p>{escape(remark)}</p>" for remark in remarks)
        if not self.record.graph.nodes:
            return above or f"<p>{escape(say('export.empty', self.language))}</p>"
        title = escape(say("viewer.export.title", self.language))
        return (
            f'{above}<iframe title="{title}" sandbox="allow-scripts" loading="lazy" srcdoc="{escape(self.to_html())}" '
            f'style="width:100%;height:{HEIGHT}px;border:1px solid #8884;border-radius:8px"></iframe>'
        )


def _drawings(record: ir.Run, language: Language) -> list[Layout]:
    """What is readable first, then the same graph folded less and more: a double click on a module goes to the nearest."""
    graph = record.graph
    wanted: list[frozenset[str] | None] = [None]
    if outline(graph).tree.calls:
        wanted += [open_to_depth(graph, depth) for depth in range(_DEPTHS)]
        if len(graph.nodes) <= _MOST_OPEN:
            wanted.append(every_module(graph))
    drawings: dict[tuple[str, ...], Layout] = {}
    for opened in wanted:
        if opened is None or tuple(sorted(opened)) not in drawings:
            picture = compose(graph, record.ops, record.tensors, open_modules=opened, language=language)
            drawings.setdefault(tuple(sorted(picture.open_modules)), lay_out(picture))
    return list(drawings.values())


def _first(record: ir.Run, language: Language) -> Layout:
    return lay_out(compose(record.graph, record.ops, record.tensors, language=language))


_FORMATS: Mapping[str, Callable[[Run], str]] = {
    ".html": Run.to_html,
    ".json": lambda run: run.to_json() + "\n",
    ".dot": lambda run: dot.write(run.record),
    ".svg": lambda run: svg.write(run.record, _first(run.record, run.language)),
    ".txt": lambda run: text.write(run.record, run.language),
}
