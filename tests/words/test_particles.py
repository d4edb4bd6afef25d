import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.words import say
from explorer.words.particles import chosen


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
        ("loss은(는)", "loss은(는)"),
        ("f(x)을(를)", "f(x)을(를)"),
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
