"""NumPy & files: one buffer under two names, four file formats byte by byte, and memory shared between processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import streamlit as st
from msgspec.structs import replace
from streamlit.delta_generator import DeltaGenerator

from explorer.app.looks import (
    HARMFUL_PICKLE,
    as_run,
    byte_strides,
    changes,
    data_bytes,
    parse_rows,
    read_bytes,
    run_of,
    shared_storage,
    sharing,
    told,
)
from explorer.app.remarks import marks, remarks
from explorer.app.sections import BridgeState, FilesState
from explorer.examples import program
from explorer.ir import MOST_FILE_BYTES, Entry, File, FileAnswer, FileRequest, Look, Moment
from explorer.viewer.editor import code_editor
from explorer.viewer.file_strip import file_strip
from explorer.viewer.kept import kept
from explorer.viewer.storage import storage_view
from explorer.words import tell
from pages._answers import filed, forget, looked, section_state
from pages._said import show_printed, show_remarks, show_title
from pages._session import language, running_note, words
from pages._state import show

TABS = ("numpy", "files", "shared")

_TAB = "files.tab"
_BRIDGE, _LOOK = "bridge.state", "bridge.answer"
_FILES, _SAVED, _READ = "files.state", "files.saved", "files.read"
_SOURCES = ("saved_hdf5", "saved_pt", "pickle")
_MOST_LINES = 40
_EXTENSIONS = {"pt": "pt", "safetensors": "safetensors", "npy": "npy", "hdf5": "hdf5"}


def draw() -> None:
    """One of three subjects."""
    note = running_note()
    kept().setdefault(_TAB, TABS[0])
    with st.container(key="files_tabs"):
        st.segmented_control(
            words("tensors.section.files"),
            TABS,
            required=True,
            format_func=lambda name: words(f"files.tab.{name}"),
            label_visibility="collapsed",
            key=show("files.tab.shown", kept()[_TAB]),
            on_change=_take_tab,
        )
    {"numpy": _bridge, "files": _files, "shared": _shared}[kept()[_TAB]](note)


def _take_tab() -> None:
    kept()[_TAB] = st.session_state["files.tab.shown"]


def _edit(code: str, answer: Look | FileAnswer, key: str, on_run: Callable[[str, str], None]) -> None:
    """The code with its Run button, and what its run said and printed."""
    run = as_run(answer, code)
    code_editor(code, key=key, revision=0, language=language(), marks=marks(run, code, language()), on_run=on_run)
    show_remarks(() if run.status == "ok" else remarks(run, language()))
    show_printed(run.stdout)


# ---- one buffer, two names


def _bridge_state() -> BridgeState:
    return section_state(_BRIDGE, BridgeState)


def _bridge(note: DeltaGenerator) -> None:
    look = looked(note, _LOOK, _bridge_state().request())
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _edit(_bridge_state().code, look, "bridge.editor", _run_bridge)
    with right:
        st.text(words("files.numpy.lead"))
        if any(moment.tensors for moment in look.moments):
            _moments(look)
        else:
            st.text(words("files.numpy.none"))


def _run_bridge(code: str, _revision: str) -> None:
    kept()[_BRIDGE] = BridgeState(code=code)
    forget(_LOOK)


def _moments(look: Look) -> None:
    """Statement by statement: what was written, who sees it, and the strips."""
    last = len(look.moments) - 1
    at = last if _bridge_state().step is None else min(_bridge_state().step or 0, last)
    if last > 0:
        st.select_slider(
            words("files.numpy.step"),
            range(last + 1),
            format_func=lambda index: str(index + 1),
            key=show("bridge.step", at),
            on_change=_take_step,
        )
    moment = look.moments[at]
    # Beside the slider and not in it: Streamlit reads the texts of a slider as Markdown.
    st.code(words("files.numpy.moment", line=moment.line, text=moment.text), language=None, wrap_lines=True)
    st.text(_written(look.moments[at - 1] if at else None, moment))
    storage_view(run_of(moment), key="bridge.storages", language=language(), storage=shared_storage(moment))
    arrays = [tensor for tensor in moment.tensors if tensor.origin == "ndarray"]
    if arrays:
        lines = [
            words("files.numpy.strides", name=one.name, elements=one.stride, bytes=byte_strides(one)) for one in arrays
        ]
        st.code("\n".join(lines), language=None, wrap_lines=True)


def _take_step() -> None:
    kept()[_BRIDGE] = replace(_bridge_state(), step=st.session_state["bridge.step"])


def _written(before: Moment | None, now: Moment) -> str:
    found = changes(before, now)
    storage = found[0].storage if found else shared_storage(now)
    if storage is None:
        return words("files.numpy.own")
    over = sharing(now, storage)
    names = ", ".join(one.name for one in over)
    if found:
        return words("files.numpy.changed", cells=told(found), names=names)
    return words("files.numpy.same", names=names, bytes=over[0].storage_nbytes)


# ---- files


def _files_state() -> FilesState:
    return section_state(_FILES, FilesState)


def _files(note: DeltaGenerator) -> None:
    saved, pieces = filed(note, _SAVED, _files_state().request())
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _edit(_files_state().code, saved, "files.editor", _run_files)
        st.number_input(
            words("files.save.chunks"),
            min_value=0,
            max_value=10_000,
            step=1,
            key=show("files.chunks", _files_state().chunk_rows),
            on_change=_take_chunks,
        )
    with right:
        contents = _saved(saved, pieces)
        show_title(words("files.load.title"), key="load")
        _load(contents, note)


def _run_files(code: str, _revision: str) -> None:
    kept()[_FILES] = replace(_files_state(), code=code)
    forget(_SAVED)


def _take_chunks() -> None:
    kept()[_FILES] = replace(_files_state(), chunk_rows=int(st.session_state["files.chunks"]))


def _saved(saved: FileAnswer, pieces: tuple[bytes, ...]) -> dict[str, bytes]:
    """Each format with its size, its strip and its download; returns the bytes by format."""
    st.text(words("files.save.lead"))
    left = iter(pieces)
    contents: dict[str, bytes] = {}
    for file in saved.written:
        with st.container(key=f"saved_{file.format}", gap=None):
            if file.sentence is not None:
                st.text(f".{file.format}  {tell(file.sentence, language())}")
                continue
            contents[file.format] = next(left)
            _saved_file(file, contents[file.format])
    return contents


def _saved_file(file: File, content: bytes) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        size = words("files.save.size", bytes=f"{file.nbytes:,}", data=f"{data_bytes(file):,}")
        st.text(f".{_EXTENSIONS[file.format]}  {size}")
        st.download_button(
            words("files.save.download"),
            content,
            file_name=f"points.{_EXTENSIONS[file.format]}",
            mime="application/octet-stream",
            key=f"files.download.{file.format}",
            on_click="ignore",
        )
    file_strip(file, key=f"files.strip.{file.format}", language=language())


def _load(contents: dict[str, bytes], note: DeltaGenerator) -> None:
    """A file of the person's, or one of ours; read in the jailed worker, never here."""
    uploaded = st.file_uploader(
        words("files.load.upload"), max_upload_size=MOST_FILE_BYTES // 2**20, key="files.upload"
    )
    if uploaded is None:
        st.segmented_control(
            words("files.load.source"),
            _SOURCES,
            required=True,
            format_func=lambda name: words(f"files.load.source.{name}"),
            key=show("files.source", _files_state().source),
            on_change=_take_source,
        )
    payload = uploaded.getvalue() if uploaded is not None else _own_bytes(contents)
    try:
        rows = _rows()
    except ValueError:
        st.text(words("files.load.rows.bad"))
        return
    if payload is None:
        return
    digest = hashlib.blake2b(payload, digest_size=12).hexdigest()
    answer, _ = filed(note, _READ, FileRequest(rows=rows), payload, digest)
    show_remarks(() if answer.status == "ok" else remarks(as_run(answer), language()))
    _contents(answer)


def _take_source() -> None:
    kept()[_FILES] = replace(_files_state(), source=st.session_state["files.source"])


def _own_bytes(contents: dict[str, bytes]) -> bytes | None:
    if _files_state().source == "pickle":
        return HARMFUL_PICKLE
    return contents.get(_files_state().source.removeprefix("saved_"))


def _rows() -> tuple[int | None, int | None] | None:
    st.text_input(
        words("files.load.rows"), key=show("files.rows", _files_state().rows), max_chars=24, on_change=_take_rows
    )
    return parse_rows(_files_state().rows)


def _take_rows() -> None:
    kept()[_FILES] = replace(_files_state(), rows=st.session_state["files.rows"])


def _contents(answer: FileAnswer) -> None:
    """What was in the file, and which of its bytes were read for that."""
    if answer.read is None:
        return
    reads = [read for read in answer.read.reads if read.phase == "data"]
    if answer.read.reads:
        taken, way = (f"{read_bytes(answer.read, phase):,}" for phase in ("data", "open"))
        values = {"taken": taken, "bytes": f"{answer.read.nbytes:,}", "count": len(reads), "open": way}
        st.text(words("files.load.read", **values))
    file_strip(answer.read, key="files.read.strip", language=language())
    lines = [_line(entry) for entry in answer.entries[:_MOST_LINES]]
    if len(answer.entries) > _MOST_LINES:
        lines.append(words("files.load.more", count=len(answer.entries) - _MOST_LINES))
    if answer.others:
        lines.append(words("files.load.others", count=answer.others))
    st.code("\n".join(lines), language=None, wrap_lines=True)


def _line(entry: Entry) -> str:
    name = entry.name or words("files.load.tensor")
    first = words("files.load.entry", name=name, shape=entry.shape, dtype=entry.dtype, bytes=f"{entry.nbytes:,}")
    return first if entry.value is None else f"{first}\n    {entry.value}"


# ---- between processes


def _shared(_note: DeltaGenerator) -> None:
    shown = program("share_memory")
    st.text(words("files.shared.lead"))
    left, right = st.columns(2, gap="medium")
    with left:
        st.code(shown.code, language="python")
    with right:
        show_title(words("files.shared.output"), key="shared")
        st.code(shown.output, language=None, wrap_lines=True)
