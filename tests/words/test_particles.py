import re
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer
from explorer.words import catalogue, say
from explorer.words.particles import _FORMS, chosen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("점은(는)", "점은"),
        ("나무은(는)", "나무는"),
        ("손실이(가)", "손실이"),
        ("데이터을(를)", "데이터를"),
        ("배치과(와)", "배치와"),
        ("길(으)로", "길로"),
        ("집(으)로", "집으로"),
        ("학교(으)로", "학교로"),
        ("3은(는) 2은(는) 10이(가) 7(으)로 6(으)로", "3은 2는 10이 7로 6으로"),
        ("'표'을(를)", "'표'를"),
        ("NaN이(가) inf이(가) -inf을(를)", "NaN이 inf가 -inf를"),
        ("loss은(는) model을(를) y_train(으)로", "loss는 model을 y_train으로"),
        ("`weight`이(가) fc1.bias을(를) conv2d과(와)", "`weight`가 fc1.bias를 conv2d와"),
        ("SGD이(가) Adam이(가) RMSprop이(가) AdamW이(가)", "SGD가 Adam이 RMSprop이 AdamW가"),
        ("lr을(를) GPT을(를) LSTM을(를) nn(으)로 lr(으)로", "lr을 GPT를 LSTM을 nn으로 lr로"),
        ("x이(가) N이(가) L이(가) R(으)로 M(으)로", "x가 N이 L이 R로 M으로"),
        ("tuple을(를) list을(를) dict을(를) float을(를) NoneType을(를)", "tuple을 list를 dict를 float를 NoneType을"),
        ("f(x)을(를) backward()을(를) ndarray(이)라는", "f(x)를 backward()를 ndarray라는"),
        ("1e-05이(가) 2.5e+06(으)로 (2, 3)(으)로", "1e-05가 2.5e+06으로 (2, 3)으로"),
        ("tanh을(를) unit은(는) add_을(를) ×을(를)", "tanh을(를) unit은(는) add_을(를) ×을(를)"),
        ("(3, 4)이(가)", "(3, 4)가"),
    ],
)
def test_the_form_follows_the_sound_before_it(text, expected):
    assert chosen(text) == expected


@given(st.text())
def test_what_has_no_pair_of_forms_stays_as_it_is(text):
    if "(" not in text:
        assert chosen(text) == text
    assert chosen(chosen(text)) == chosen(text)


def test_a_sentence_with_a_number_reads_as_one_would_say_it():
    assert "2스텝" in say("training.step.none", "ko", step=2)
    assert "0은(는)" not in say("training.bad_batch_size", "ko", value=0, most=9)
    assert "0은 쓸" in say("training.bad_batch_size", "ko", value=0, most=9)


def test_a_number_that_is_not_finite_reads_as_one_would_say_it():
    values = {"step": "12", "loss": "NaN", "place": "log", "low": "0", "high": "1", "value": "-inf"}
    text = say("training.not_finite.logarithm", "ko", **values)
    assert "손실이 NaN이 되었습니다" in text
    assert "-inf를 내놓았습니다" in text


ONE = "은|는|이|가|을|를|과|와|으로|로"
BOTH = "|".join(map(re.escape, _FORMS))
VALUE_AND_PARTICLE = re.compile(rf"(?<!{{size)\}}['’\"\])`]*({BOTH}|({ONE})(?=[ .,]))")
"""A size ends in 바이트, whatever its number."""


def test_texts_that_the_browser_fills_in_need_no_particle_after_a_value():
    """Only Python chooses between two forms."""
    sources = Path(explorer.__file__).parent.glob("viewer/*.py")
    found = [re.findall(r'view_words\("([a-z_.]+)"', file.read_text(encoding="utf-8")) for file in sources]
    prefixes = ("viewer.", "replay.", *chain.from_iterable(found))
    assert len(prefixes) > 10
    texts = {key: text["ko"] for key, text in catalogue().items() if key.startswith(prefixes)}
    assert {key: text for key, text in texts.items() if VALUE_AND_PARTICLE.search(text)} == {}
