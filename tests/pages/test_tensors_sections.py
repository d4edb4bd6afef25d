"""The sections about numbers, files, names and operations on real runs, and one walk through them in a browser."""

import io
import json
import re

import h5py
import pytest
import torch
from browsing import ROOT, settled
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from explorer.app.sections import BridgeState, FilesState, NamesState, OperationsState
from explorer.app.tensors import TensorsState
from explorer.operations import KINDS
from explorer.words import LANGUAGES, say
from tests.pages.app_test import kept

PAGE = str(ROOT / "pages" / "tensors.py")


def started(section, language="en", **more):
    """The page with one section open."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page).update({"tensors.state": TensorsState(section=section), "lang": language, **more})
    page.run()
    assert not page.exception
    return page


def mounted(page):
    """What each view got, by component; the last of each kind."""
    found = page.get("bidi_component")
    return {one.proto.component_name: json.loads(one.proto.json or one.proto.mixed.json) for one in found}


def texts(page):
    return [text.value for text in page.text]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("numbers", "numbers.lead.bits"),
        ("files", "files.numpy.lead"),
        ("names", "dims.lead"),
        ("operations", "operations.run"),
    ],
)
def test_every_section_speaks_both_languages(section, key, language):
    page = started(section, language)
    assert say(key, language) in texts(page)
    assert not any("{" in text for text in texts(page))


def test_the_dtypes_and_promotions_on_screen_are_torchs():
    views = mounted(started("numbers"))
    rows = {
        row[0].split(" = ")[0]: row
        for row in (*views["explorer_dtypes"]["usual"], *views["explorer_dtypes"]["unusual"])
    }
    for name, most in {"int8": "127", "int64": f"{torch.iinfo(torch.int64).max:,}", "float16": "65504"}.items():
        assert rows[name][2].endswith(most)
    assert float(rows["bfloat16"][3]) == torch.finfo(torch.bfloat16).eps
    assert float(rows["float32"][4]) == pytest.approx(torch.finfo(torch.float32).smallest_normal, rel=1e-5)
    pairs = views["explorer_promotion"]
    at, beside = pairs["start"]
    points_64 = torch.rand(5, dtype=torch.double)
    assert pairs["results"]["tensor"][at][beside][0] == str((points_64 * points_64.to(torch.short)).dtype)[6:]


def test_the_two_memories_hold_what_the_notes_print():
    """Notes 3.9: points * 2 on the CPU, 2 * points on the GPU, + 4, and back."""
    steps = mounted(started("numbers"))["explorer_memories"]["steps"]
    points = torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]])
    doubled = 2 * points
    on_device = 2 * doubled
    held = [
        {f"{side}.{one['name']}": one["cells"] for side in ("host", "device") for one in step[side]} for step in steps
    ]
    assert held[2]["host.points"] == doubled.flatten().tolist() == [8, 2, 10, 6, 4, 2]
    assert held[3]["device.points_gpu"] == on_device.flatten().tolist() == [16, 4, 20, 12, 8, 4]
    assert held[5]["host.points_cpu"] == held[5]["device.points_gpu"] == (on_device + 4).flatten().tolist()
    assert held[5]["host.points_cpu"] == [20, 8, 24, 16, 12, 8]
    assert [step["copy"] and step["copy"]["bytes"] for step in steps] == [None, 24, None, 24, None, points.nbytes]


def test_names_that_cannot_be_are_said_and_the_steps_stay():
    page = started("names", **{"names.state": NamesState().with_names("img_t", "rows, rows")})
    assert any("rows stands twice" in text for text in texts(page))
    assert any(one.label == say("dims.field", variable=r"img\_t", shape=[3, 5, 5]) for one in page.text_input)
    page = started("names", **{"names.state": NamesState().with_names("img_t", "rows")})
    assert any("3 dimensions" in text for text in texts(page))


def test_names_and_code_are_literal_where_streamlit_reads_markdown():
    page = started("names", **{"names.state": NamesState(code="_x_ = torch.ones(2, 3)\ny = _x_ * 2")})
    assert r"Names of \_x\_ [2, 3]" in [field.label for field in page.text_input]
    code = 'points = torch.ones(3)\nshared = points.numpy()\nnote = "**bold** [a](http://b)"'
    page = started("files", **{"bridge.state": BridgeState(code=code)})
    assert list(page.select_slider[0].options) == ["1", "2", "3"]
    assert page.code[0].value == 'line 3: note = "**bold** [a](http://b)"'


def test_files_of_every_size_a_bad_slice_and_a_pickle():
    page = started("files", **{"files.tab": "files"})
    shown = "\n".join(texts(page))
    for ending, nbytes in (("safetensors", 96), ("npy", 152)):
        assert f".{ending}  {nbytes} bytes, 24 of them elements" in shown
    assert page.code[-1].value == "points  (3, 2)  float32  24 bytes\n    [[5.0, 3.0], [2.0, 1.0]]"
    assert "Read 16 of" in shown
    page = started("files", **{"files.tab": "files", "files.state": FilesState(rows="two")})
    assert say("files.load.rows.bad") in texts(page)
    page = started("files", **{"files.tab": "files", "files.state": FilesState(source="pickle")})
    assert any("asks to import posix.system" in text for text in texts(page))
    page = started("files", **{"files.tab": "files", "files.state": FilesState(code="x = torch.ones(2) +")})
    assert not any("Traceback" in text for text in texts(page))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_operation_opens(kind):
    page = started("operations", **{"operations.state": OperationsState().with_kind(kind)})
    state = OperationsState().with_kind(kind)
    assert say(f"operations.{state.name}") in texts(page)
    if state.operation.example:
        assert mounted(page)["explorer_heat"]["tensors"] or page.code
    else:
        page.button(key="operations.elsewhere").click().run()
        assert kept(page)["tensors.state"].section == "files"


def test_a_walk_through_the_sections(open_page):
    """One float's bit, one pair of dtypes, a line of the two memories; a name that clashes; a file up and down; a reduction; Korean."""
    page = open_page()
    page.get_by_role("link", name=say("page.tensors")).click()
    settled(page)

    def choose(name):
        page.locator(".st-key-tensors_sections").get_by_text(say(f"tensors.section.{name}"), exact=True).click()
        settled(page)

    choose("numbers")
    card = page.locator("section.card").filter(has_text="float16").first
    card.locator(".sign .bit").click()
    expect(card.locator("output")).to_have_text(str(-torch.tensor(0.1).half().double().item()))
    page.get_by_role("button", name=say("numbers.pairs.number")).click()
    page.get_by_role("row", name=re.compile("^int8 ")).get_by_role("cell").nth(2).click()
    expect(page.locator("p.said").filter(has_text="int8 × 1.0")).to_contain_text("float32")
    page.locator("button.line").nth(5).click()
    expect(page.locator(".copy")).to_contain_text("24 bytes")

    choose("names")
    expect(page.locator("section.step").first).to_contain_text("img_t.mean(-3)")
    field = page.get_by_label(say("dims.field", variable="weights", shape=[3]))
    field.fill("colours")
    field.press("Enter")
    settled(page)
    expect(page.locator("section.clash").first).to_contain_text("channels meets colours")

    choose("files")
    page.locator(".st-key-files_tabs").get_by_text(say("files.tab.files"), exact=True).click()
    settled(page)
    with page.expect_download() as download:
        page.locator(".st-key-saved_hdf5").get_by_role("button", name=say("files.save.download")).click()
    saved = download.value.path().read_bytes()
    with h5py.File(io.BytesIO(saved), "r") as file:
        assert file["points"][-2:].tolist() == [[5, 3], [2, 1]]
    page.locator("input[type=file]").set_input_files({"name": "m.pt", "mimeType": "", "buffer": harmful()})
    expect(page.get_by_text("asks to import posix.system")).to_be_visible()
    page.locator("input[type=file]").set_input_files({"name": "p.bin", "mimeType": "", "buffer": saved})
    expect(page.get_by_text("Read 16 of")).to_be_visible()

    choose("operations")
    page.get_by_text("dim=1", exact=True).click()
    settled(page)
    expect(page.locator(".collapse")).to_contain_text(say("heat.collapse", dim=1))
    expect(page.locator(".heat.hit")).to_have_count(2)
    page.get_by_text("한국어", exact=True).click()
    settled(page)
    expect(page.locator(".collapse")).to_contain_text(say("heat.collapse", "ko", dim=1))


def harmful():
    """A checkpoint whose pickle asks for os.system."""
    import os

    class Harm:
        def __reduce__(self):
            return (os.system, ("true",))

    out = io.BytesIO()
    torch.save({"weights": torch.ones(2), "more": Harm()}, out)
    return out.getvalue()


def test_a_box_of_named_examples_that_tells_none_changes_nothing():
    page = started("names")
    shown = page.selectbox(key="names.example").value
    assert shown is not None
    page.selectbox(key="names.example").set_value(None).run()  # as a browser that just put the box up may
    assert not page.exception
    assert page.selectbox(key="names.example").value == shown
