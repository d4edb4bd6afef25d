"""Runs by their id: live ones of this process, kept ones of the archive."""

import pytest

from explorer.app import trainings
from explorer.app.training import TrainingState
from explorer.app.trainings import begin, find, kept_runs
from explorer.app.variants import MOST_RUNS, variants
from explorer.ir import TrainingEnd, TrainingPoint, TrainingPoints, TrainingRequest, TrainingStart, encode
from explorer.runner import Settings, Training
from explorer.runner.job import Job


class Engine:
    """Runs go on as the test says."""

    def __init__(self, mode, database):
        self.settings, self.owners, self.runs = Settings(mode=mode, database=database), [], []

    def train(self, request, *, owner):
        self.owners.append(owner)
        self.runs.append(Training(Job()))
        return self.runs[-1]

    def end(self, at=-1):
        for frame in (
            TrainingStart(parameters=("w",), parameter_count=1),
            TrainingPoints(points=(TrainingPoint(step=1, loss=0.5, gradient_norm=1.0, layer_norms=(1.0,)),)),
            TrainingEnd(status="ok"),
        ):
            self.runs[at].take(encode(frame))


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'runs.sqlite'}"
    yield url
    trainings.shared_archive(url).close()


def test_a_run_is_found_while_it_goes_on_and_after_this_process_forgot_it(database, monkeypatch):
    engine = Engine("local", database)
    run = begin(engine, TrainingRequest(code="x"), "me", "a name")
    assert find(engine, run.id) is run
    assert kept_runs(engine, "me") == ()
    engine.end()
    assert [kept.name for kept in kept_runs(engine, "someone else, same machine")] == ["a name"]
    monkeypatch.setattr(trainings, "_live", type(trainings._live)())
    again = find(engine, run.id)
    assert again.request == run.request
    assert again.training.points == run.training.points
    assert again.training.end == TrainingEnd(status="ok")
    assert find(engine, "no such run") is None
    assert again.told().points == run.told().points


def test_on_a_hosted_server_runs_are_listed_by_their_owner_alone(database):
    engine = Engine("hosted", database)
    begin(engine, TrainingRequest(code="x"), "me", "mine")
    engine.end()
    assert len(kept_runs(engine, "me")) == 1
    assert kept_runs(engine, "you") == ()


def test_nothing_is_kept_where_there_is_no_place_or_no_step(database, tmp_path):
    begin(nowhere := Engine("local", ""), TrainingRequest(code="x"), "me", "n")
    nowhere.end()
    assert kept_runs(nowhere, "me") == ()
    begin(broken := Engine("local", "nonsense://"), TrainingRequest(code="x"), "me", "n")
    broken.end()
    begin(empty := Engine("local", database), TrainingRequest(code="x"), "me", "n")
    empty.runs[-1].finish(TrainingEnd(status="stopped"))
    assert kept_runs(empty, "me") == ()


def test_runs_of_one_comparison_do_not_end_each_other(database):
    engine = Engine("local", "")
    for place in ("", "0", "1"):
        begin(engine, TrainingRequest(code="x"), "me", "n", place=place)
    assert engine.owners == ["me", "me/0", "me/1"]


def test_variants_differ_in_what_was_chosen_and_share_the_rest():
    state = TrainingState()
    found = variants(state, ("SGD", "Adam"), (0.1, 0.01), 2)
    assert [(one.group, one.state.seed) for one in found][:3] == [
        ("SGD, lr 0.1", 0),
        ("SGD, lr 0.1", 1),
        ("SGD, lr 0.01", 0),
    ]
    assert len(found) == 8
    assert "Adam(model.parameters(), lr=0.01)" in found[-1].state.code
    assert len(variants(state, ("SGD",), (0.1, 0.2, 0.3), 8)) == MOST_RUNS
    edited = TrainingState(code="model = 1")
    assert [one.state.code for one in variants(edited, ("SGD", "Adam"), (), 2)] == ["model = 1"] * 2


def test_a_form_takes_over_what_another_run_was_asked():
    state = TrainingState()
    other = state.with_data(dataset="iris").with_model("deep")
    taken = state.with_request(other.request)
    assert taken.request == other.request
    assert taken.model == "deep"
    assert taken.revision > state.revision
    assert state.with_request(state.request) == state
