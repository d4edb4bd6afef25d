"""What keys do to a text in the editor: the pure rules, many at once in one browser call."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viewer import module_page

EDIT = """async (cases) => {
  const editing = await import("/editing.mjs");
  return cases.map(([names, text, start, end]) => {
    for (const name of names) {
      const done = editing[name](text, start, end);
      if (!done) continue;
      text = text.slice(0, done.from) + done.insert + text.slice(done.to);
      [start, end] = [done.start, done.end];
    }
    return [text, start, end];
  });
}"""


@pytest.fixture(scope="module")
def edit(tabs):
    with module_page.blank_page(tabs) as page:
        yield lambda cases: [(text, start, end) for text, start, end in page.evaluate(EDIT, cases)]


def read(marked):
    """A text with ``|`` at both ends of the selection (or once, for a caret) as (text, start, end)."""
    parts = marked.split("|")
    assert len(parts) in (2, 3)
    start = len(parts[0])
    return "".join(parts), start, start if len(parts) == 2 else start + len(parts[1])


CASES = [
    ("indent", "x =|1", "x = |1"),
    ("indent", "ab|", "ab  |"),
    ("indent", "|", "    |"),
    ("indent", "a\n|b\n\nc|\nd", "a\n    |b\n\n    c|\nd"),
    ("dedent", "    a|", "a|"),
    ("dedent", "      a\n  b|", "      a\nb|"),
    ("dedent", "|    a\n  b\n|c", "|a\nb\n|c"),
    ("newline", "    x = 1|", "    x = 1\n    |"),
    ("newline", "if x > 0:|", "if x > 0:\n    |"),
    ("newline", "    for i in r:  # each|", "    for i in r:  # each\n        |"),
    ("newline", "f(|", "f(\n    |"),
    ("newline", "    return x|", "    return x\n|"),
    ("newline", "        pass|\nrest", "        pass\n    |\nrest"),
    ("newline", "    x|yz|w", "    x\n    |w"),
    ("backspace", "        |x", "    |x"),
    ("backspace", "      |x", "    |x"),
    ("backspace", "x  |", "x  |"),
    ("backspace", "a\n    |", "a\n|"),
    ("comment", "a|", "# a|"),
    ("comment", "    |a\n\n        b|", "    # |a\n\n    #     b|"),
    ("comment", "|# a\n#b|", "|a\nb|"),
    ("comment", "\n|", "\n|"),
]


@pytest.mark.parametrize(("name", "before", "after"), CASES)
def test_a_key_does_what_an_editor_does(edit, name, before, after):
    text, start, end = read(before)
    assert edit([[[name], text, start, end]]) == [read(after)]


BLANK = re.compile(r"^ +$", re.MULTILINE)
"""A line of nothing but spaces: it is not indented, and loses its spaces on the way back."""

LINES = st.lists(st.text(alphabet=" xy#:(", max_size=8), min_size=1, max_size=5).map("\n".join)
SELECTED = LINES.flatmap(
    lambda text: st.tuples(st.just(text), st.integers(0, len(text)), st.integers(0, len(text))).map(
        lambda drawn: [drawn[0], min(drawn[1:]), max(drawn[1:])]
    )
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SELECTED, min_size=1, max_size=20))
def test_indenting_several_lines_and_going_back_changes_nothing(edit, selections):
    several = [
        [text, start, end] for text, start, end in selections if "\n" in text[start:end] and not BLANK.search(text)
    ]
    for (text, _, _), (after, _, _) in zip(
        several, edit([[["indent", "dedent"], *one] for one in several]), strict=True
    ):
        assert after == text


@settings(max_examples=40, deadline=None)
@given(st.lists(SELECTED, min_size=1, max_size=20))
def test_commenting_out_and_in_again_changes_nothing(edit, selections):
    plain = [[text.replace("#", "x"), start, end] for text, start, end in selections]
    for (text, start, end), after in zip(plain, edit([[["comment", "comment"], *one] for one in plain]), strict=True):
        assert after[0] == text
        assert 0 <= after[1] <= after[2] <= len(text), (text, start, end)
