"""The Models page on real runs."""

import pytest
from browsing import ROOT
from streamlit.testing.v1 import AppTest

from explorer.app.models import ModelsState
from explorer.words import LANGUAGES, say
from tests.pages.app_test import kept

PAGE = str(ROOT / "pages" / "models.py")


def started(state, language="en"):
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page)["models.state"] = state
    kept(page)["lang"] = language
    page.run()
    assert not page.exception
    return page


def texts(page):
    return "\n".join(text.value for text in page.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_searched_and_a_model_is_taken_apart(language):
    page = started(ModelsState().with_model("lenet"), language)
    assert [metric.value for metric in page.metric] == ["61,706", "416.5 k", "58.4 kB", "1 × 10"]
    page.text_input(key="models.search").set_value("gpt").run()
    assert page.radio[0].options == [say("models.gpt.title", language)]
    page.text_input(key="models.search").set_value("no such model").run()
    assert say("model_page.search.none", language) in texts(page)


def test_as_many_levels_stay_open_when_another_model_has_fewer():
    page = started(ModelsState(model="resnet18"))
    assert (page.slider[0].value, page.slider[0].max) == (2, 4)
    page.radio[0].set_value("alexnet").run()
    assert (page.slider[0].value, page.slider[0].max) == (2, 2)


def test_a_module_is_told_of_exactly():
    page = started(ModelsState().with_model("gpt"))
    assert page.metric[0].value == "28,032"
    page.selectbox(key="models.module").set_value("model.blocks.0.attention.qkv").run()
    assert "3,168" in texts(page)


def test_a_class_of_ones_own_and_one_that_fails():
    own = ModelsState().with_code("model = nn.Sequential(nn.Linear(3, 2))\nmodel(torch.ones(4, 3)).sum()")
    assert started(own).metric[1].value == "24"
    broken = started(ModelsState().with_code("model = nn.Linear(3, 2)\nmodel(torch.ones(4, 5))"))
    assert "line 2" in texts(broken) or "4x5" in texts(broken)
