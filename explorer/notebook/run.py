"""A finished run in the hands of a user: its records by name, files of it, and the viewer in a notebook."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from explorer import ir
from explorer.export import formats
from explorer.ir import Graph, decode_run, encode
from explorer.words import Language, say, tell

HEIGHT = 720
"""px of the viewer in a notebook."""

_THEMES = {
    "light": ('body[data-jp-theme-light="true"]', "body.vscode-light", 'html[theme="light"]'),
    "dark": ('body[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]'),
}
"""By what JupyterLab, VS Code and Colab tell their theme. A page in a frame takes the colour scheme of the frame for the reader's own."""

_FRAME, _UNTRUSTED = "autograd-explorer", "autograd-explorer-untrusted"
"""Classes of the frame, and of what stands in its place where a notebook takes it out."""


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

    def save(self, path: str | Path, *, everything: bool = False) -> Path:
        """Write a file, by its suffix; returns its path.

        Args:
            path: ``.html`` (the interactive viewer), ``.svg``, ``.png`` (2 pixels to a px), ``.pdf``, ``.dot``, ``.json``, ``.txt``, or
                ``.model-explorer.json`` (for Google's Model Explorer).
            everything: whether every module is drawn open; else as many as stay readable.

        Raises:
            ValueError: another suffix, or a drawing too large for the format (an `explorer.export.problem.ExportError`).
            OSError: the file cannot be written.
        """
        path = Path(path)
        wanted = formats.Wanted(everything=everything, language=self.language)
        path.write_bytes(formats.write(self.record, self._format(path), wanted))
        return path

    def _format(self, path: Path) -> str:
        """By the longest suffix that fits."""
        suffixes = {kind.suffix: name for name, kind in formats.FORMATS.items()}
        fitting = [suffix for suffix in suffixes if path.name.lower().endswith(suffix)]
        if not fitting:
            known = ", ".join(suffixes)
            raise ValueError(say("notebook.error.suffix", self.language, given=path.suffix, known=known))
        return suffixes[max(fitting, key=len)]

    def to_html(self) -> str:
        """A page that needs nothing else: the viewer, the graph at several fold depths, and the code."""
        return formats.write(self.record, "html", formats.Wanted(language=self.language, graphviz=False)).decode()

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
        untrusted = escape(say("notebook.untrusted", self.language))
        return (
            f'{above}{_style()}<p class="{_UNTRUSTED}">{untrusted}</p><iframe class="{_FRAME}" title="{title}" sandbox="allow-scripts allow-downloads" loading="lazy" srcdoc="{escape(self.to_html())}" '
            f'style="width:100%;height:{HEIGHT}px;border:1px solid #8884;border-radius:8px"></iframe>'
        )


def _style() -> str:
    """Makes the viewer dark where the notebook is.

    Who takes the frame out of a notebook that is not trusted takes this out too, and a sentence stays that says why there is nothing to see.
    """
    rules = [
        f"{', '.join(f'{where} .{_FRAME}' for where in told)} {{ color-scheme: {theme}; }}"
        for theme, told in _THEMES.items()
    ]
    return f"<style>.{_UNTRUSTED} {{ display: none; }} {' '.join(rules)}</style>"
