"""What a person types becomes numbers or one sentence, and what is shown can be typed back."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.app.numbers import NumberError, read_nested, show_nested, show_number, show_seconds
from explorer.ir import PREVIEW_ELEMENTS
from explorer.words import LANGUAGES, tell

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
nested = st.recursive(numbers, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(nested)
def test_numbers_are_read_as_json_writes_them(value):
    assert read_nested(json.dumps(value)) == value


@given(st.text(max_size=60))
def test_anything_else_is_one_sentence_in_each_language(text):
    problem = _problem(text)
    for language in LANGUAGES if problem else ():
        sentence = tell(problem.sentence, language)
        assert sentence != problem.sentence.key
        assert "{" not in sentence.replace(text.strip()[:40], "")


def _problem(text):
    try:
        assert isinstance(read_nested(text), list | float | str)
    except NumberError as problem:
        return problem
    return None


@pytest.mark.parametrize(
    "text", ["", "ones", "[1, true]", '["1"]', "[1, 2", "null", "{}", "[" * 4000, "1 2", "__import__('os')"]
)
def test_refused(text):
    with pytest.raises(NumberError):
        read_nested(text)


def test_too_many_numbers_are_refused():
    assert len(read_nested(json.dumps([0] * PREVIEW_ELEMENTS))) == PREVIEW_ELEMENTS
    with pytest.raises(NumberError, match="too_long"):
        read_nested(json.dumps([0] * (PREVIEW_ELEMENTS + 1)))


def test_what_is_not_finite_is_written_by_name():
    assert read_nested("[NaN, Infinity, -Infinity, 1e999]") == ["NaN", "Infinity", "-Infinity", "Infinity"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_number_is_right_to_six_digits(value):
    assert math.isclose(float(show_number(value)), value, rel_tol=5e-6, abs_tol=0.0)


def test_nested_numbers_are_shown_on_one_line():
    assert show_nested([[1.0, -2.5], ["NaN", "Infinity"]]) == "[[1, -2.5], [nan, inf]]"
    assert show_nested(12.0) == "12"
    assert show_nested(True) == "True"


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0.01234, "12.3 ms", "12.3 ms"),
        (0.0000005, "0.0005 ms", "0.0005 ms"),
        (0.9999, "1 s", "1초"),
        (1.25, "1.25 s", "1.25초"),
        (59.94, "59.9 s", "59.9초"),
        (59.99, "1 min", "1분"),
        (1234.0, "20.6 min", "20.6분"),
        (0.0, "0 ms", "0 ms"),
    ],
)
def test_durations(seconds, english, korean):
    assert show_seconds(seconds, "en") == english
    assert show_seconds(seconds, "ko") == korean
