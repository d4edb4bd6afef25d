import os
import threading
import tracemalloc
import weakref
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import event

from explorer.archive import archive as module
from explorer.archive.apart import points_apart
from explorer.archive.archive import Archive
from explorer.archive.columns import pack, pieces, unpack, unpack_piece
from explorer.charts.training import curves
from explorer.ir import (
    DataRequest,
    IrError,
    Points,
    Scores,
    TrainingEnd,
    TrainingPoint,
    TrainingRequest,
    TrainingRun,
    TrainingSnapshot,
    TrainingStart,
    number,
)

NUMBERS = st.floats().map(number)


@st.composite
def runs(draw):
    layers = draw(st.integers(0, 3))
    points = tuple(
        TrainingPoint(
            step=step,
            loss=draw(NUMBERS),
            gradient_norm=draw(NUMBERS),
            layer_norms=tuple(draw(NUMBERS) for _ in range(layers)),
            learning_rate=draw(NUMBERS),
            seconds=draw(st.floats(0, 1e6)),
        )
        for step in range(1, draw(st.integers(0, 5)) + 1)
    )
    names = tuple(f"p{at}" for at in range(layers))
    return TrainingRun(
        request=TrainingRequest(
            code=draw(st.text(max_size=40)), data=DataRequest(dataset="iris"), seed=draw(st.integers(0, 9))
        ),
        start=TrainingStart(parameters=names, parameter_count=layers, inputs=draw(st.binary(max_size=8))),
        points=points,
        snapshots=(TrainingSnapshot(step=1, train=Scores(loss=0.5), validation=Scores(loss=0.25, metric=0.75)),),
        end=TrainingEnd(status="ok", stdout=draw(st.text(max_size=9))),
        versions={"torch": "2.13.0"},
    )


def again(run):
    """The run as it comes out of its bytes."""
    told, count = unpack(pack(run))
    return replace(told, points=points_apart(map(unpack_piece, pieces(run)), count))


@given(runs(), st.sampled_from([1, 2, 10]))
def test_what_was_packed_is_unpacked(run, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("explorer.ir.points.PIECE", piece)
        assert again(run) == run


@pytest.mark.parametrize("content", [b"", b"abc", pack(TrainingRun(request=TrainingRequest(code="")))[:-3]])
def test_bytes_that_are_no_run_are_refused(content):
    for read in (unpack, unpack_piece):
        with pytest.raises(IrError, match="cannot be read"):
            read(content)


def points(count, layers=2):
    return tuple(
        TrainingPoint(step=at, loss=float(at), gradient_norm=1.0, layer_norms=(at + 0.5,) * layers)
        for at in range(1, count + 1)
    )


def test_pieces_that_do_not_fit_together_are_refused():
    whole, other = Points(points(5)), Points(points(5, layers=1))
    for given_pieces, count in (([whole], 6), ([whole], 4), ([whole, whole], 9), ([whole, other], 10), ([], 1)):
        with pytest.raises(IrError, match="cannot be read"):
            points_apart(given_pieces, count)
    assert points_apart([], 0) == ()


def test_points_apart_are_looked_through_like_any_others():
    held = Points(points(25))
    apart = points_apart([held.between(1, 10), held.between(11, 20), held.between(21, 25)], 25)
    assert apart == held
    assert (len(apart), apart[0], apart[-1], apart[3::7]) == (25, held[0], held[-1], held[3::7])
    assert apart.between(8, 17) == held.between(8, 17)
    assert apart.between(8, 17).between(11, 11) == held.between(11, 11)
    assert apart.losses() == held.losses()
    assert apart.between(8, 17).losses() == held.between(8, 17).losses()
    assert apart.of_step(12) == held.of_step(12)
    assert apart.of_step(99) is None
    assert apart.columns() == held.columns()
    assert [piece.columns() for piece in apart.pieces()] == [piece.columns() for piece in held.pieces()]
    with pytest.raises(IndexError):
        apart[25]


def test_the_file_goes_with_the_last_that_reads_it():
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    apart = points_apart([Points(points(5))], 5)
    part = apart.between(2, 3)
    del apart
    assert descriptors() == before + 1
    assert part[0].step == 2
    del part
    assert descriptors() == before


def test_a_child_that_tells_too_few_norms_is_kept_all_the_same():
    points = tuple(
        TrainingPoint(step=at, loss=1.0, gradient_norm=1.0, layer_norms=norms)
        for at, norms in ((1, (1.0, 2.0)), (2, (3.0,)))
    )
    kept = again(TrainingRun(request=TrainingRequest(code=""), points=points))
    assert kept.points[1].layer_norms == (3.0, "NaN")


@pytest.fixture
def archive(tmp_path):
    made = Archive(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    yield made
    made.close()


def run(**more):
    return TrainingRun(
        request=TrainingRequest(code="x", data=DataRequest(dataset="iris")),
        points=(TrainingPoint(step=7, loss=0.5, gradient_norm=1.0),),
        snapshots=(TrainingSnapshot(step=7, train=Scores(loss=0.5), validation=Scores(loss="NaN", metric=0.75)),),
        end=TrainingEnd(status="ok"),
        **more,
    )


def test_a_run_is_listed_renamed_loaded_and_deleted(archive):
    first, second = archive.save(run(), "me", "first"), archive.save(run(), "me", "  ")
    listed = archive.runs("me")
    assert [kept.id for kept in listed] == [second, first]
    assert (listed[1].name, listed[1].dataset, listed[1].steps, listed[1].loss, listed[1].metric) == (
        "first",
        "iris",
        7,
        None,
        0.75,
    )
    archive.rename(first, "me", "n" * 200)
    archive.rename(second, "me", "  ")
    assert [kept.name for kept in archive.runs("me")] == ["-", "n" * 80]
    assert archive.load(first) == run()
    archive.delete([first], "me")
    assert archive.load(first) is None
    assert len(archive.runs("me")) == 1


def contents_read(archive):
    """Grows by the statements that read what a run or a piece of it is."""
    read = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT") and ".content" in statement:
            read.append(statement)

    event.listen(archive._engine, "before_cursor_execute", note)
    return read


def test_a_run_that_was_loaded_is_not_read_again(archive):
    one = archive.save(run(), "me", "first")
    read = contents_read(archive)
    loaded = archive.load(one)
    assert len(read) == 2  # the run, its points
    archive.rename(one, "me", "second")
    assert archive.load(one) is loaded
    assert len(read) == 2


def test_few_runs_stay_loaded_and_those_asked_for_last(archive, monkeypatch):
    monkeypatch.setattr(module, "MOST_LOADED", 2)
    first, second, third = (archive.save(run(), "me", str(at)) for at in range(3))
    loaded = archive.load(first)
    archive.load(second)
    assert archive.load(first) is loaded
    archive.load(third)
    read = contents_read(archive)
    assert archive.load(first) is loaded
    assert read == []
    assert archive.load(second) == run()
    assert len(read) == 2


def test_what_was_deleted_is_not_held(archive, tmp_path):
    one, two = archive.save(run(), "me", "one"), archive.save(run(), "me", "two")
    held = [weakref.ref(archive.load(identity).points) for identity in (one, two)]
    archive.delete([one], "me")
    assert held[0]() is None
    another = Archive(f"sqlite:///{tmp_path / 'runs.sqlite'}")  # as of another process
    another.delete([two], "me")
    another.close()
    assert archive.load(two) is None
    assert held[1]() is None


def test_nobody_touches_what_is_not_theirs(archive):
    mine = archive.save(run(), "me", "mine")
    archive.rename(mine, "you", "yours")
    archive.delete([mine], "you")
    assert [kept.name for kept in archive.runs("me")] == ["mine"]
    assert archive.runs("you") == ()
    assert len(mine) >= 20  # and its id cannot be guessed


def test_the_oldest_go_when_there_are_too_many(archive, monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 3)
    ids = [archive.save(run(), "me", str(at)) for at in range(5)]
    assert [kept.id for kept in archive.runs("me")] == ids[:1:-1]


def test_many_threads_save_at_once(archive):
    threads = [threading.Thread(target=lambda: archive.save(run(), "me", "n")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(archive.runs("me")) == 8


def test_a_run_that_was_kept_before_points_had_a_table_is_read(archive):
    """Its points lie in the row of the run itself."""
    whole = replace(run(), points=points(3))
    old = msgspec.msgpack.encode(
        {
            "version": 1,
            "run": replace(whole, points=()),
            "columns": Points(whole.points).columns(),
            "layers": 2,
            "values": 0,
        }
    )
    archive.save(run(), "me", "old", "one")
    with archive._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM training_points")
        connection.exec_driver_sql("UPDATE training_runs SET content = ?", (zlib.compress(old),))
    assert archive.load("one") == whole


def test_points_go_with_their_run_and_are_replaced_with_it(archive, monkeypatch):
    monkeypatch.setattr("explorer.ir.points.PIECE", 10)

    def rows():
        with archive._engine.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM training_points").scalar()

    long = replace(run(), points=points(25))
    archive.save(long, "me", "long", "one")
    assert (rows(), archive.load("one")) == (3, long)
    archive.save(run(), "me", "short", "one")
    assert (rows(), archive.load("one")) == (1, run())
    archive.delete(["one"], "you")
    assert rows() == 1
    archive.delete(["one"], "me")
    assert rows() == 0
    monkeypatch.setattr(module, "MOST_RUNS", 2)
    for at in range(4):
        archive.save(long, "me", str(at))
    assert rows() == 6


def test_hostile_names_are_text(archive):
    name = "'; DROP TABLE training_runs; --<script>"
    archive.save(run(), name, name)
    assert archive.runs(name)[0].name == name


def test_a_long_run_is_opened_and_drawn_in_little_memory(archive):
    count, layers = 200_000, 6
    widths = {"layer_norms": layers, "values": 0}
    drawn = np.random.default_rng(0).random
    columns = {name: drawn(count * widths.get(name, 1)).tobytes() for name in Points.NAMES}
    columns["step"] = np.arange(1.0, count + 1).tobytes()
    size = sum(map(len, columns.values()))
    archive.save(replace(run(), points=Points.from_columns(columns, widths)), "me", "long", "one")
    tracemalloc.start()
    try:
        opened = archive.load("one")
        assert tracemalloc.get_traced_memory()[1] < size / 3
        tracemalloc.reset_peak()
        curves(opened.points, (), ["w"] * layers, window=(1, count))
        assert tracemalloc.get_traced_memory()[1] < size / 2
    finally:
        tracemalloc.stop()
    assert opened.points[-1].step == count
