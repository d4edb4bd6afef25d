"""The editor in a real Chromium: typing, undo, Korean, marks, the shared selection, drafts that are never lost."""

import pytest
from browsing import until

from explorer.words import say
from tests.viewer import module_page

WORDS = {word: say(f"editor.{word}") for word in ("label", "run", "running", "line", "plain", "help")}
CODE = "x = torch.tensor(2.0)\nif x > 0:\n    y = x ** 2\nprint(y)"


class Editor:
    """The mounted editor and what a test does with it."""

    def __init__(self, page):
        self.page = page
        self.field = page.get_by_role("textbox", name=WORDS["label"])
        self.rows = page.locator(".row")
        self.numbers = page.locator(".gutter > div")
        self.run = page.locator("button.run")

    def update(self, code=CODE, **changes):
        data = {"name": "test", "code": code, "revision": "1", "marks": {}, "minLines": 4, "maxLines": 8}
        data |= {"running": False, "runs": 0, "words": WORDS, **changes}
        self.page.evaluate("data => view.update(data)", data)

    def caret(self, at, end=None):
        self.field.evaluate(
            "(field, [start, end]) => field.setSelectionRange(start, end)", [at, at if end is None else end]
        )

    def sent(self):
        return self.page.evaluate("sent")

    def heard(self):
        return self.page.evaluate("heard")

    def painted(self):
        return "\n".join(self.rows.evaluate_all("rows => rows.map((row) => row.textContent)"))


@pytest.fixture
def editor(blank):
    module_page.mount(blank, "editor.mjs", "editor.css")
    editor = Editor(blank)
    editor.update()
    return editor


def test_the_two_layers_show_the_same_text_in_the_same_places(editor):
    code = "def 평균(값):\n\treturn sum(값) / len(값)  # 한글과 ASCII" + " long" * 60 + "\n" * 30
    editor.update(code, revision="2")
    assert editor.painted() == code
    assert editor.numbers.last.inner_text() == str(code.count("\n") + 1)
    room = editor.field.evaluate(
        "field => [field.scrollWidth - field.clientWidth, field.scrollHeight - field.clientHeight]"
    )
    assert room == [0, 0]


def test_typing_indents_colours_and_can_be_undone(editor):
    editor.field.focus()
    editor.caret(len(CODE))
    editor.field.press("Enter")
    editor.page.keyboard.type("for i in range(3):")
    editor.field.press("Enter")
    editor.page.keyboard.type("pass")
    assert editor.field.input_value() == CODE + "\nfor i in range(3):\n    pass"
    assert editor.painted() == editor.field.input_value()
    assert editor.rows.nth(4).locator(".keyword").all_inner_texts() == ["for", "in"]
    editor.field.press("Control+/")
    assert editor.field.input_value().endswith("\n    # pass")
    editor.field.press("Control+z")
    assert editor.field.input_value().endswith("\n    pass")
    assert editor.painted() == editor.field.input_value()


def test_tab_indents_until_escape_lets_it_leave(editor):
    editor.field.focus()
    editor.caret(0)
    editor.field.press("Tab")
    assert editor.field.input_value() == "    " + CODE
    editor.field.press("Shift+Tab")
    assert editor.field.input_value() == CODE
    editor.field.press("Escape")
    editor.field.press("Tab")
    assert editor.run.evaluate("button => button.getRootNode().activeElement === button")
    assert editor.field.input_value() == CODE


def test_pasted_prompts_and_line_ends_are_left_alone(editor):
    editor.update("", revision="2")
    editor.field.focus()
    editor.page.keyboard.insert_text(">>> x = 1\n>>> x\n1\n")
    assert editor.field.input_value() == ">>> x = 1\n>>> x\n1\n"


def test_korean_is_composed_by_the_browser(editor):
    editor.update("# ", revision="2")
    editor.field.focus()
    editor.caret(2)
    devtools = editor.page.context.new_cdp_session(editor.page)
    for text in ("ㅎ", "하", "한"):
        devtools.send("Input.imeSetComposition", {"text": text, "selectionStart": 1, "selectionEnd": 1})
        assert editor.painted() == f"# {text}"
    devtools.send("Input.insertText", {"text": "한"})
    assert editor.field.input_value() == "# 한"


def test_another_text_runs_also_while_a_run_goes_on(editor):
    editor.field.press("Control+Enter")
    editor.field.fill("x = 2")
    editor.field.press("Control+Enter")
    assert [told[2]["code"] for told in editor.sent()] == [CODE, "x = 2"]
    editor.update(running=True)
    editor.field.fill("x = 3")
    editor.field.press("Control+Enter")
    assert len(editor.sent()) == 2


def test_ctrl_enter_runs_once_until_python_has_answered(editor):
    editor.field.focus()
    editor.field.press("Control+Enter")
    assert editor.sent() == [["set", "run", {"revision": "1", "code": CODE, "number": 1}]]
    assert editor.run.inner_text() == WORDS["running"]
    editor.run.click(force=True)
    editor.field.press("Meta+Enter")
    assert len(editor.sent()) == 1
    editor.update(runs=1)
    assert editor.run.inner_text() == WORDS["run"]
    editor.run.click(force=True)
    assert len(editor.sent()) == 2


def test_a_run_that_python_reports_takes_no_other(editor):
    editor.update(running=True)
    editor.run.click(force=True)
    assert editor.sent() == []


def test_a_draft_goes_to_python_when_the_editor_is_left_and_only_if_it_is_new(editor):
    editor.field.focus()
    editor.caret(0)
    editor.page.keyboard.type("# ")
    editor.run.focus()
    assert editor.sent() == []
    editor.page.locator("#before").focus()
    editor.field.focus()
    editor.page.locator("#before").focus()
    until(lambda: bool(editor.sent()), 10, lambda: "the draft was not sent")
    assert editor.sent() == [["set", "draft", {"revision": "1", "code": f"# {CODE}", "number": 1}]]


def test_what_is_pressed_elsewhere_finds_the_draft_there_unless_it_leads_away(editor):
    pressed = """element => element.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, composed: true }))"""
    editor.field.fill("typed")
    editor.page.evaluate("document.body.append(Object.assign(document.createElement('a'), { id: 'away' }))")
    editor.page.locator("#away").evaluate(pressed)
    editor.field.evaluate(pressed)
    assert editor.sent() == []
    editor.page.locator("#before").evaluate(pressed)
    assert editor.sent() == [["set", "draft", {"revision": "1", "code": "typed", "number": 1}]]
    editor.page.evaluate("view.unmount()")
    editor.page.locator("#before").evaluate(pressed)
    assert len(editor.sent()) == 1


def test_what_was_typed_outlives_reruns_and_a_visit_elsewhere_until_python_has_another_text(editor):
    editor.field.fill("typed")
    editor.update("from python")
    assert editor.field.input_value() == "typed"
    editor.page.evaluate("view.unmount()")
    editor.page.evaluate("open_()")
    editor.update("from python")
    assert editor.field.input_value() == "typed"
    editor.update("from python", revision="2")
    assert editor.field.input_value() == "from python"
    assert editor.painted() == "from python"


def test_a_mark_stays_with_its_line_and_goes_when_that_is_edited(editor):
    editor.update(marks={"3": "x has no such name"})
    assert editor.numbers.nth(2).get_attribute("title") == "x has no such name"
    assert editor.field.get_attribute("aria-invalid") == "true"
    assert "line 3: x has no such name" in editor.page.locator("#help").inner_text()
    editor.field.focus()
    editor.caret(0)
    editor.page.keyboard.type("\n")
    assert editor.page.locator(".row.marked").all_inner_texts() == ["    y = x ** 2"]
    assert editor.numbers.nth(3).get_attribute("title") == "x has no such name"
    editor.caret(len(CODE) - 8)
    editor.page.keyboard.type("1")
    assert editor.page.locator(".marked").count() == 0
    assert editor.field.get_attribute("aria-invalid") == "false"


def test_a_mark_is_text_and_never_markup(editor):
    editor.update("<img src=x onerror=alert(1)>", revision="2", marks={"1": "<b>no</b>"})
    assert editor.page.locator("img, .editor b").count() == 0
    assert editor.painted() == "<img src=x onerror=alert(1)>"


def test_a_click_on_a_line_is_heard_by_every_view(editor):
    editor.numbers.nth(2).click()
    assert editor.heard()[-1] == {"node": None, "line": 3, "storage": [], "tensor": None, "source": "editor"}
    assert editor.page.locator(".row.selected").all_inner_texts() == ["    y = x ** 2"]
    editor.field.click(position={"x": 60, "y": 20})
    assert editor.heard()[-1]["line"] == 1
    editor.field.press("ArrowDown")
    assert editor.heard()[-1]["line"] == 2


def test_a_selection_from_elsewhere_scrolls_to_its_line_and_leaves_the_focus(editor):
    editor.update("\n".join(f"x{number} = {number}" for number in range(1, 101)), revision="2")
    editor.page.locator("#before").focus()
    module_page.say_selected(editor.page, line=90)
    selected = editor.page.locator(".row.selected")
    assert selected.inner_text() == "x90 = 90"
    box, frame = selected.bounding_box(), editor.page.locator(".scroller").bounding_box()
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"] - box["height"]
    assert editor.page.evaluate("document.activeElement.id") == "before"
    assert editor.page.evaluate("scrollY") == 0
    module_page.say_selected(editor.page, node=1)
    assert selected.count() == 0


def test_the_caret_stays_in_sight_while_lines_are_added(editor):
    editor.field.focus()
    editor.caret(len(CODE))
    for _ in range(20):
        editor.field.press("Enter")
    last, frame = editor.rows.last.bounding_box(), editor.page.locator(".scroller").bounding_box()
    assert last["y"] + last["height"] <= frame["y"] + frame["height"]


def test_a_pasted_megabyte_is_shown_plainly_and_can_be_typed_into(editor):
    text = "x = 1\n" * 180_000
    editor.update("", revision="2")
    editor.field.evaluate(
        """(field, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        text,
    )
    assert editor.field.input_value() == text
    assert editor.rows.count() == 0
    assert editor.page.locator(".note").inner_text() == WORDS["plain"]
    editor.field.focus()
    editor.caret(0)
    editor.page.keyboard.type("y")
    assert editor.field.input_value() == "y" + text
    editor.update(CODE, revision="3")
    assert editor.painted() == CODE
