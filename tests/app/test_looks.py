"""What the Tensors page decides about memory and files."""

import pytest

from explorer.app.looks import byte_strides, changes, data_bytes, parse_rows, read_bytes, run_of, shared_storage, told
from explorer.app.sections import BRIDGE, NAMED, FilesState, NamesState, OperationsState
from explorer.ir import ByteRead, File, LookRequest, Span
from explorer.names import NamesError
from explorer.viewer.file_strip import zoom
from explorer.worker.look import look


def test_rows_as_people_type_them():
    table = {"-2:": (-2, None), "[0:3]": (0, 3), " : ": (None, None), ":5": (None, 5), "": None, "  ": None}
    assert {text: parse_rows(text) for text in table} == table
    for text in ("3", "a:b", "1:2:3", "9999999999:", "[1:2", "__import__"):
        if text == "[1:2":
            continue  # a bracket that was forgotten does no harm
        with pytest.raises(ValueError):
            parse_rows(text)


def test_a_write_through_one_name_is_told_with_all_who_see_it():
    moments = look(LookRequest(code=BRIDGE)).moments
    by_line = {moment.line: (before, moment) for before, moment in zip((None, *moments), moments, strict=False)}
    assert told(changes(*by_line[3])) == "[1] 1 → 7"
    assert told(changes(*by_line[6])) == "[8] 1 → 5, [9] 1 → 5, [10] 1 → 5, [11] 1 → 5"
    assert changes(*by_line[1]) == changes(*by_line[8]) == ()
    last = moments[-1]
    assert shared_storage(last) == next(one.storage_id for one in last.tensors if one.name == "points")
    rows = next(one for one in last.tensors if one.name == "last_rows")
    assert byte_strides(rows) == (16, 4)
    assert "last_rows (ndarray)" in [one.name for one in run_of(last).tensors]


def test_bytes_that_were_read_twice_count_once():
    reads = tuple(ByteRead(start=start, end=end, phase="data") for start, end in ((0, 10), (5, 12), (20, 22), (20, 22)))
    file = File(
        format="hdf5",
        nbytes=30,
        reads=reads,
        spans=(Span(start=0, end=4, kind="header"), Span(start=4, end=30, kind="chunk")),
    )
    assert (read_bytes(file, "data"), read_bytes(file, "open"), data_bytes(file)) == (14, 0, 26)


def test_elements_that_are_a_small_part_of_a_file_are_drawn_closer():
    spans = (Span(start=80, end=90, kind="chunk"), Span(start=90, end=100, kind="chunk"))
    read = (ByteRead(start=90, end=100, phase="data"),)
    assert zoom(File(format="hdf5", nbytes=100, spans=spans, reads=read)) == (80, 100)
    assert zoom(File(format="hdf5", nbytes=100, spans=spans)) is None
    assert zoom(File(format="hdf5", nbytes=40, spans=(Span(start=8, end=40, kind="data"),), reads=read[:0])) is None


def test_states_ask_for_what_they_show():
    assert FilesState().request().chunk_rows is None
    state = NamesState().with_names("img_t", "a, a")
    with pytest.raises(NamesError):
        state.request()
    for name, (code, given) in NAMED.items():
        request = NamesState().with_example(name).request()
        assert (request.code, {one.variable for one in request.given}) == (code, set(given))
        answer = look(request)
        assert answer.status == "ok", answer.message
        assert [step.mismatch is not None for step in answer.steps].count(True) == (name == "mismatch")
    chosen = OperationsState().with_kind("reduction").with_name("sum", 1)
    assert chosen.request().code.endswith("torch.sum(x, dim=1)")
