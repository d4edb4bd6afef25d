"""The tokenizer of the editor against Python's own, over real files."""

import io
import keyword
import token
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viewer import module_page

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted(ROOT.glob("explorer/ir/*.py")),
    *sorted(ROOT.glob("explorer/words/*.py")),
    Path(tokenize.__file__),
    Path(keyword.__file__),
]
COLOUR = """async (sources) => {
  const { tokens } = await import("/highlight.mjs");
  return sources.map((source) => {
    let state = null;
    return source.split("\\n").map((line) => {
      const told = tokens(line, state);
      state = told.state;
      return told.pieces;
    });
  });
}"""


@pytest.fixture(scope="module")
def colour(tabs):
    """Sources to lines of (kind, text) pieces."""
    with module_page.blank_page(tabs) as page:
        yield lambda *sources: page.evaluate(COLOUR, list(sources))


def kinds(lines):
    """Kind of every character, by (line from 1, column)."""
    found = {}
    for number, pieces in enumerate(lines, 1):
        column = 0
        for kind, text in pieces:
            for _ in text:
                found[number, column] = kind
                column += 1
    return found


def expected(source):
    """(kind, characters) of each token that Python itself sees, of those kinds that it names."""
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        if one.type == token.NAME and keyword.iskeyword(one.string):
            kind = "constant" if one.string in ("True", "False", "None") else "keyword"
        elif one.type in (token.NUMBER, token.STRING, tokenize.COMMENT):
            kind = {token.NUMBER: "number", token.STRING: "string", tokenize.COMMENT: "comment"}[one.type]
        else:
            continue
        yield kind, one.string, one.start, one.end


def inside(start, end, lines):
    for number in range(start[0], end[0] + 1):
        first = start[1] if number == start[0] else 0
        last = end[1] if number == end[0] else len(lines[number - 1])
        for column in range(first, last):
            yield number, column


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_keywords_strings_numbers_and_comments_are_those_of_python(colour, file):
    source = file.read_text(encoding="utf-8")
    lines = source.split("\n")
    (coloured,) = colour(source)
    assert ["".join(text for _, text in pieces) for pieces in coloured] == lines
    seen, count = kinds(coloured), 0
    for kind, text, start, end in expected(source):
        if kind == "string" and "f" in text[: text.index(text[-1])].lower():
            continue  # an f-string's expressions are code
        wrong = [at for at in inside(start, end, lines) if seen[at] != kind]
        assert not wrong, f"{text!r} at {wrong[0]} is {seen[wrong[0]]}"
        count += 1
    assert count > 10


def test_what_a_learner_writes(colour):
    code = '@torch.no_grad()\ndef f(x):\n    return F.relu(x) * 1e-3, f"{x.sum():.2f} {{}} {math.pi}"  # 끝'
    ((decorator, *_), definition, returned) = colour(code)[0]
    assert decorator == ["decorator", "@torch.no_grad"]
    assert ["definition", "f"] in definition
    assert ["preset", "F"] in returned
    assert ["name", "relu"] in returned
    assert ["number", "1e-3"] in returned
    assert ["preset", "math"] in returned
    assert ["string", " {{}} "] in returned
    assert returned[-1] == ["comment", "# 끝"]


def test_a_matrix_product_is_no_decorator(colour):
    assert not [kind for kind, _ in colour("y = a @ b")[0][0] if kind == "decorator"]


PIECES = st.sampled_from(
    [
        "'",
        '"',
        "'''",
        '"""',
        "f'",
        'rb"',
        "{",
        "}",
        "\\",
        "#",
        "\n",
        " ",
        "x",
        "텐서",
        "😀",
        "1.",
        "e5",
        "@",
        "def",
        "=",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=30).map("".join), min_size=1, max_size=20))
def test_nothing_is_lost_whatever_is_typed(colour, sources):
    for source, lines in zip(sources, colour(*sources), strict=True):
        assert "\n".join("".join(text for _, text in pieces) for pieces in lines) == source
