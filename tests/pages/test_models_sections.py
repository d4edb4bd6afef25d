"""The sections about inference, freezing, initialisation and static graphs on real runs, and one walk through them in a browser."""

import io
import re

import pytest
import torch
from browsing import ROOT, settled
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from explorer.app.models import ModelsState
from explorer.ir import Repository
from explorer.models import find
from explorer.models.libraries import LIBRARIES
from explorer.words import LANGUAGES, say
from tests.pages.app_test import kept
from tests.worker.hub_repository import zipped

PAGE = str(ROOT / "pages" / "models.py")
SMALL = ModelsState().with_code(find("resnet18").code(shape=(3, 64, 64)))


def started(state, language="en"):
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page).update({"models.state": state, "lang": language})
    page.run()
    assert not page.exception
    return page


def texts(page):
    return "\n".join(text.value for text in [*page.text, *page.caption])


@pytest.mark.parametrize("language", LANGUAGES)
def test_inference_shows_steps_and_says_that_random_weights_know_nothing(language):
    page = started(ModelsState().with_model("lenet").having(section="inference", drawn="digit"), language)
    said = texts(page)
    for text in ("CenterCrop(28)", "Grayscale()", "1 × 28 × 28", say("inference.random.text", language)):
        assert text in said
    assert said.count(" %") == 10  # five classes in each mode
    assert say("inference.no_changes", language) in said


def test_freezing_shows_real_numbers_before_and_after():
    page = started(SMALL.having(section="freezing"))
    before = page.metric[0].value
    page.checkbox(key="models.freeze.model.layer4").check().run()
    assert not page.exception
    assert page.checkbox(key="models.freeze.model.layer4.0").disabled
    trained = [int(number.replace(",", "")) for number in page.metric[0].value.split(" → ")]
    with torch.device("meta"):
        names = {}
        exec(SMALL.code, names)
    layer4 = sum(parameter.numel() for parameter in names["model"].layer4.parameters())
    assert trained == [int(before.replace(",", "")), int(before.replace(",", "")) - layer4]
    nodes = [int(number) for number in page.metric[1].value.split(" → ")]
    assert nodes[0] - nodes[1] == len(
        list(names["model"].layer4.parameters())
    )  # the leaves: gradients still pass through
    assert 'name.startswith(("layer4.",))' in page.code[-1].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_initialisation_has_its_bound(language):
    page = started(ModelsState(section="initialisation", ins=64), language)
    facts = {metric.label: metric.value for metric in page.metric}
    assert facts[say("initialisation.bound", language)] == "0.125"
    torch.manual_seed(0)
    weight = torch.nn.Linear(64, 128).weight
    assert facts[say("initialisation.high", language)] == f"{weight.max().item():.6g}"
    assert facts[say("initialisation.std", language)] == f"{weight.double().std(correction=0).item():.6g}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_baked_in_branch_is_told(language):
    page = started(ModelsState(section="statics"), language)
    said = texts(page)
    assert say("statics.wrong", language) in said
    assert said.count(say("statics.failed", language)) == 2
    other = say("statics.other", language, argument="[-1, -2, -3]", value="[-2, -4, -6]", truth="[-2, -3, -4]")
    assert other in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_library_that_is_not_installed_is_not_offered(language, monkeypatch):
    monkeypatch.setattr("explorer.models.libraries.find_spec", lambda name: None)
    page = started(ModelsState(section="libraries"), language)
    for library in LIBRARIES:
        assert say("libraries.absent", language, library=library) in texts(page)
    assert not page.selectbox


def test_a_library_that_is_there_but_not_in_the_jail_says_so(monkeypatch):
    monkeypatch.setattr("explorer.models.libraries.find_spec", lambda name: object())
    page = started(ModelsState(section="libraries", library="torchvision", wanted="no_such"))
    assert "cannot be had in the jailed worker" in texts(page)
    assert page.selectbox(key="models.wanted").value == "no_such"


def test_a_repository_of_torch_hub_is_loaded_like_any_model():
    tiny = Repository(name="tiny", archive=zipped())
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page).update({"models.state": ModelsState(section="hub"), "models.hub.chosen": tiny})
    page.run()
    assert "A small network." in texts(page)
    page.selectbox(key="models.hub.entry").set_value("tiny")
    page.text_input(key="models.hub.arguments").set_value("width=6")
    page.text_input(key="models.hub.sizes").set_value("3, 16, 16")
    page.button[0].click().run()
    assert not page.exception
    assert page.metric[0].value == f"{6 * 3 * 9 + 6 + 6 * 2 + 2:,}"
    left = kept(page)["models.state"]
    assert 'torch.hub.load("tiny", "tiny", source="local", width=6)' in left.code
    assert left.graph_of(left.code).request().repository == left.inference().repository == tiny
    assert left.with_model("lenet").request().repository is None


def test_a_walk_through_the_page_in_a_browser(open_page):
    page = open_page()
    page.get_by_role("link", name="Models").click()
    settled(page)
    page.get_by_role("textbox", name="Search").fill("lenet")
    page.keyboard.press("Enter")
    settled(page)
    page.locator(".st-key-models_found").get_by_text("LeNet-5").click()
    expect(page.get_by_text("61,706", exact=True)).to_be_visible()

    page.get_by_role("radio", name="Inference").click()
    settled(page)
    expect(page.get_by_text("The weights are random.")).to_be_visible()
    names = {}
    exec(find("lenet").code(), names)
    file = io.BytesIO()
    state = {f"module.{name}": tensor for name, tensor in names["model"].state_dict().items()}
    torch.save({"state_dict": state, "classes": [f"digit {at}" for at in range(10)]}, file)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "lenet.pt", "mimeType": "application/octet-stream", "buffer": file.getvalue()}
    )
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("10 of the model's 10 entries were loaded", exact=False)).to_be_visible()
    expect(page.get_by_text(re.compile(r"% +digit \d")).first).to_be_visible()
    page.locator("input[type=file]").first.set_input_files(
        {
            "name": "bad.pt",
            "mimeType": "application/octet-stream",
            "buffer": b"\x80\x02cposix\nsystem\nX\x01\x00\x00\x00a\x85R.",
        }
    )
    expect(page.get_by_text("posix.system", exact=False)).to_be_visible()

    page.get_by_role("radio", name="Freezing").click()
    settled(page)
    page.locator(".st-key-models_freeze").get_by_text("conv1").click()
    expect(page.get_by_text("The code that was run")).to_be_visible()

    page.get_by_role("radio", name="Static and dynamic").click()
    expect(page.get_by_text("A branch is baked in.")).to_be_visible()
    page.get_by_role("radio", name="Catalogue").click()
    settled(page)
    page.get_by_role("button", name="Open in Graph").click()
    expect(page.locator(".st-key-picture canvas").first).to_be_visible()
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("LeNet-5"))
