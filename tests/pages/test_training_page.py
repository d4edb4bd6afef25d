from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ir import (
    Scores,
    Sentence,
    TrainingEnd,
    TrainingNotice,
    TrainingPoint,
    TrainingPoints,
    TrainingSnapshot,
    TrainingStart,
    encode,
)
from explorer.runner import EngineError, Settings, Training
from explorer.runner.job import Job
from explorer.words import say
from tests.pages.app_test import kept

PAGE = str(Path(__file__).parents[2] / "pages" / "training.py")


class Engine:
    """An engine whose runs go on as the test says."""

    devices = ("cpu",)
    settings = Settings()

    def __init__(self):
        self.requests, self.runs, self.jobs = [], [], []

    def train(self, request, *, owner):
        assert owner
        self.requests.append(request)
        self.jobs.append(Job())
        self.runs.append(Training(self.jobs[-1]))
        return self.runs[-1]

    def say(self, *frames):
        for frame in frames:
            self.runs[-1].take(encode(frame))


class Broken(Engine):
    def train(self, request, *, owner):
        raise EngineError("no worker will start")


START = TrainingStart(parameters=("fc.weight", "fc.bias"), parameter_count=354, steps=40)
SEEN = TrainingSnapshot(step=1, train=Scores(loss=0.5, metric=0.9), validation=Scores(loss=0.6, metric=0.75))


def points(*losses):
    return TrainingPoints(
        points=tuple(
            TrainingPoint(step=step, loss=loss, gradient_norm=0.5, layer_norms=(0.4, 0.3), seconds=step / 10)
            for step, loss in enumerate(losses, 1)
        )
    )


@pytest.fixture
def engine(monkeypatch):
    made = Engine()
    monkeypatch.setattr("pages._training_session.shared_engine", lambda: made)
    return made


@pytest.fixture
def page(engine):
    return fresh()


def fresh(language="en"):
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page)["lang"] = language
    page.run()
    assert not page.exception
    return page


def texts(page):
    return [element.value for element in page.text]


def metrics(page):
    return {metric.label: metric.value for metric in page.metric}


def test_the_first_visit_trains_an_example(page, engine):
    assert [request.data.dataset for request in engine.requests] == ["moons"]
    assert page.button(key="training.stop").label == "Stop"
    engine.say(START, SEEN, points(0.7, 0.6))
    page.run()
    assert metrics(page) == {
        "Loss": "0.6",
        "Validation accuracy": "75.0%",
        "Gradient norm": "0.5",
        "Parameters": "354",
    }
    engine.say(TrainingEnd(status="ok"))
    page.run()
    assert page.button(key="training.start").label == "Start"
    assert not page.exception
    assert len(engine.requests) == 1


def test_what_is_chosen_is_what_is_asked(page, engine):
    engine.say(START, TrainingEnd(status="ok"))
    page.run()
    page.selectbox(key="training.dataset").select("spiral").run()
    page.selectbox(key="training.model").select("deep").run()
    page.selectbox(key="training.optimizer").select("Adam").run()
    assert page.number_input(key="training.momentum").disabled
    page.number_input(key="training.learning_rate").set_value(0.02).run()
    page.number_input(key="training.epochs").set_value(7).run()
    page.number_input(key="training.batch_size").set_value(8).run()
    page.number_input(key="training.seed").set_value(5).run()
    page.selectbox(key="training.scheduler").select("StepLR").run()
    page.toggle(key="training.zero_grad").set_value(False).run()
    page.button(key="training.start").click().run()
    asked = engine.requests[-1]
    assert (asked.data.dataset, asked.seed) == ("spiral", 5)
    assert "class DeepSigmoid" in asked.code
    assert "OUTPUTS = 3" in asked.code
    assert "Adam(model.parameters(), lr=0.02)" in asked.code
    assert "EPOCHS = 7\nBATCH_SIZE = 8\n" in asked.code
    assert "StepLR(optimizer, step_size=2, gamma=0.1)" in asked.code
    assert "zero_grad()" not in asked.code
    assert not page.exception


def test_pause_one_step_and_go_on(page, engine):
    engine.say(START, points(0.7))
    page.run()
    page.button(key="training.pause").click().run()
    assert engine.runs[-1].paused
    page.button(key="training.step").click().run()
    assert engine.runs[-1].paused
    page.button(key="training.resume").click().run()
    assert not engine.runs[-1].paused
    assert page.button(key="training.pause").label == "Pause"


def test_stop_stops_and_keeps_the_points(page, engine):
    engine.say(START, points(0.7, 0.5))
    page.run()
    page.button(key="training.stop").click().run()
    assert engine.jobs[-1].reason == "runner.stopped"
    engine.runs[-1].finish(TrainingEnd(status="stopped", sentence=Sentence(key="runner.stopped")))
    page.run()
    assert metrics(page)["Loss"] == "0.5"
    assert any(text.startswith("After 2 steps.") for text in texts(page))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Line 9: The loss became NaN"), ("ko", "9번째 줄: 4번째 스텝에서")]
)
def test_a_failure_is_one_sentence_with_its_line(engine, language, said):
    page = fresh(language)
    sentence = Sentence(key="training.not_finite.loss", values={"step": "4", "loss": "NaN"})
    engine.say(START, points(0.7, "NaN"), TrainingEnd(status="error", line=9, sentence=sentence, stdout="hello"))
    page.run()
    assert not page.exception
    assert any(said in text for text in texts(page))
    assert metrics(page)[{"en": "Loss", "ko": "손실"}[language]] == "nan"
    assert [code.value for code in page.code] == ["hello"]


def test_while_the_origin_of_a_nan_is_looked_for_the_page_says_so(page, engine):
    notice = Sentence(key="training.search.loss", values={"step": "3", "loss": "NaN"})
    engine.say(START, points(0.7, 0.6), TrainingNotice(sentence=notice))
    page.run()
    said = "The loss became NaN at step 3. The run is repeated up to that step, to find where it began."
    assert said in texts(page)
    found = Sentence(key="training.not_finite.loss", values={"step": "3", "loss": "NaN"})
    engine.say(TrainingEnd(status="error", line=9, sentence=found))
    page.run()
    assert said not in texts(page)
    assert any("Line 9: The loss became NaN at step 3" in text for text in texts(page))


def note(page):
    return next((caption.value for caption in page.caption if "other settings" in caption.value), None)


def test_a_form_that_no_longer_matches_the_run_is_told_until_start(page, engine):
    engine.say(START, points(0.7, 0.6))
    page.run()
    assert note(page) is None
    page.number_input(key="training.learning_rate").set_value(0.02).run()
    page.number_input(key="training.seed").set_value(5).run()
    assert "Changed: Learning rate, Seed." in note(page)
    engine.say(TrainingEnd(status="ok"))
    page.run()
    assert "Changed: Learning rate, Seed." in note(page)
    page.number_input(key="training.seed").set_value(0).run()
    page.number_input(key="training.learning_rate").set_value(0.1).run()
    assert note(page) is None
    page.number_input(key="training.epochs").set_value(3).run()
    assert "Changed: Epochs." in note(page)
    page.button(key="training.start").click().run()
    engine.say(START, points(0.7))
    page.run()
    assert note(page) is None
    assert not page.exception


def test_the_settings_of_the_run_come_back_into_the_form(page, engine):
    engine.say(START, points(0.7, 0.6), TrainingEnd(status="ok"))
    page.run()
    page.selectbox(key="training.dataset").select("spiral").run()
    page.selectbox(key="training.optimizer").select("Adam").run()
    page.button(key="training.changed.take").click().run()
    assert page.selectbox(key="training.dataset").value == "moons"
    assert page.selectbox(key="training.optimizer").value == "SGD"
    assert note(page) is None


def bar(page):
    """How far the bar is, in per cent, and what stands above it."""
    (found,) = page.get("progress")
    return found.proto.value, found.proto.text


def test_the_bar_of_a_run_that_took_no_step_is_empty(page, engine):
    engine.say(TrainingEnd(status="error", message="no", line=3))
    page.run()
    assert bar(page) == (0, "Step 0  ·  0.0 s")


def test_files_are_links_that_stay_while_the_page_is_drawn_anew(page, engine):
    engine.say(START, points(0.7, 0.6), TrainingEnd(status="ok"))
    page.run()
    links = [link.proto.url for link in page.get("link_button")]
    assert [link.rpartition("/")[2] for link in links] == ["csv", "json", "events", "script"]
    page.selectbox(key="training.dataset").select("spiral").run()
    assert [link.proto.url for link in page.get("link_button")] == links


def test_a_fast_pace_is_a_whole_number(page, engine):
    one = TrainingPoint(step=1, loss=1.0, gradient_norm=1.0, seconds=0.0)
    engine.say(START, TrainingPoints(points=(one, TrainingPoint(step=21, loss=1.0, gradient_norm=1.0, seconds=0.01))))
    page.run()
    assert "2,000 steps a second, about 100 ms left" in [caption.value for caption in page.caption]
    assert bar(page)[0] == 52


def test_the_time_left_is_told_in_the_language_of_the_page(engine):
    page = fresh("ko")
    engine.say(START, points(0.7, 0.6, 0.5))
    page.run()
    assert "초당 10스텝, 약 3.7초 남음" in [caption.value for caption in page.caption]
    assert bar(page)[1].endswith("0.3초")


def test_other_runs_stay_in_reach_of_a_run_that_took_no_step(page, engine):
    engine.say(START, TrainingEnd(status="error", message="no", line=3))
    page.run()
    assert [tab.label for tab in page.tabs] == ["Curves", "Step by step", "Compare", "Kept runs"]
    assert say("training.no_step") in [text.value for text in page.text]


def test_an_engine_that_does_not_start_is_said_and_nothing_breaks(monkeypatch):
    monkeypatch.setattr("pages._training_session.shared_engine", Broken)
    page = fresh()
    assert any("no worker will start" in text for text in texts(page))


def test_logarithmic_axes(page, engine):
    engine.say(START, points(0.7, 0.5), TrainingEnd(status="ok"))
    page.run()
    page.toggle(key="training.log").set_value(True).run()
    assert '"log"' in page.get("plotly_chart")[0].proto.spec
