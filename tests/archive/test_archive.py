import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.archive import archive as module
from explorer.archive.archive import Archive
from explorer.archive.columns import pack, unpack
from explorer.ir import (
    DataRequest,
    IrError,
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


@given(runs())
def test_what_was_packed_is_unpacked(run):
    assert unpack(pack(run)) == run


@pytest.mark.parametrize("content", [b"", b"abc", pack(TrainingRun(request=TrainingRequest(code="")))[:-3]])
def test_bytes_that_are_no_run_are_refused(content):
    with pytest.raises(IrError, match="cannot be read"):
        unpack(content)


def test_a_child_that_tells_too_few_norms_is_kept_all_the_same():
    points = tuple(
        TrainingPoint(step=at, loss=1.0, gradient_norm=1.0, layer_norms=norms)
        for at, norms in ((1, (1.0, 2.0)), (2, (3.0,)))
    )
    kept = unpack(pack(TrainingRun(request=TrainingRequest(code=""), points=points)))
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


def test_hostile_names_are_text(archive):
    name = "'; DROP TABLE training_runs; --<script>"
    archive.save(run(), name, name)
    assert archive.runs(name)[0].name == name
