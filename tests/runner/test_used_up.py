"""What is said where time or memory ran out: of code, of a model, of a training; settings are named on one's own machine only."""

import pytest

from explorer.ir import LibraryModel, RunRequest, Sentence, TrainingRequest
from explorer.models import catalogue
from explorer.models.libraries import LIBRARIES
from explorer.runner import Settings
from explorer.runner.limits import used_up
from explorer.words import tell

CODE = RunRequest(code="x = 1")
MODEL = RunRequest(code=catalogue()[0].code())
LIBRARY = RunRequest(
    code=LIBRARIES["torchvision"].code("vit_l_16"), library=LibraryModel(library="torchvision", name="vit_l_16")
)
LOCAL, HOSTED = Settings(), Settings(mode="hosted")


@pytest.mark.parametrize("key", ["runner.time", "session.stopped.time", "runner.memory", "session.stopped.memory"])
@pytest.mark.parametrize(
    ("request_", "kind"), [(MODEL, "model"), (LIBRARY, "model"), (TrainingRequest(code=""), "training")]
)
def test_a_model_and_a_training_have_their_own_words(key, request_, kind):
    limit = key.rpartition(".")[2]
    for settings, ending in ((LOCAL, ".local"), (HOSTED, "")):
        said = used_up(Sentence(key=key), request_, settings)
        assert said.key == f"runner.{limit}.{kind}{ending}"
        for language in ("en", "ko"):
            text = tell(said, language)
            assert "{" not in text
            assert ("EXPLORER_" in text) == (settings is LOCAL)
            assert ("30" if kind == "model" else "60") in text if limit == "time" else "MiB" in text


def test_typed_code_and_other_ends_stay_as_they_are():
    time, crash = Sentence(key="runner.time", values={"seconds": "10"}), Sentence(key="runner.crash")
    assert used_up(time, CODE, LOCAL) == time
    assert used_up(crash, MODEL, LOCAL) == crash


def test_the_engine_says_it_so(bare):
    end = bare.engine.train(TrainingRequest(code="while True: pass", seed=1)).wait(20)
    assert (end.sentence.key, end.message) == ("runner.time.training.local", tell(end.sentence))
