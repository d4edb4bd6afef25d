"""The catalogue of texts: both languages everywhere, and the same blanks to fill in."""

import re
import tomllib
from pathlib import Path

import pytest

from explorer import words
from explorer.ir import Sentence
from explorer.words import LANGUAGES, catalogue, say, tell

HANGUL = re.compile(r"[가-힣]")


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_text_is_in_both_languages_with_the_same_blanks(key):
    text = catalogue()[key]
    assert set(text) == set(LANGUAGES)
    assert all(text[language].strip() for language in LANGUAGES)
    blanks = [sorted(set(re.findall(r"\{(\w+)\}", text[language]))) for language in LANGUAGES]
    assert blanks[0] == blanks[1]


def test_the_korean_texts_are_korean():
    sentences = [text for text in catalogue().values() if len(re.findall(r"[A-Za-z]{3,}", text["en"])) > 4]
    untranslated = [text["ko"] for text in sentences if not HANGUL.search(text["ko"])]
    assert not untranslated


def test_korean_texts_keep_one_tone_and_no_space_before_a_particle():
    """They end in 합니다, and a particle belongs to the word before it."""
    other_tone = re.compile(r"[가-힣]*[어아여해예에네군져려워와줘돼봐러켜겨]요(?=[.?!]|$)")
    apart = re.compile(r"\} ([은는이가을를와과로의]|으로|부터|까지|처럼)(?=[ .,])")
    texts = {key: text["ko"] for key, text in catalogue().items()}
    assert {key: text for key, text in texts.items() if apart.search(text)} == {}
    assert {
        key: found
        for key, text in texts.items()
        if (found := [one for one in other_tone.findall(text) if not one.endswith("세요")])
    } == {}


def test_no_key_stands_in_two_files():
    seen = {}
    for file in Path(words.__file__).parent.glob("*.toml"):
        for key in tomllib.loads(file.read_text(encoding="utf-8")):
            assert key not in seen, f"{key} stands in {file.name} and {seen.get(key)}"
            seen[key] = file.name


def used_keys():
    """Keys written out in the product's Python: the first argument of say(...), and keys of Sentence(...)."""
    root = Path(words.__file__).parents[2]
    for file in [*root.glob("explorer/**/*.py"), *root.glob("pages/*.py")]:
        if "zoo" in file.parts:
            continue
        for key in re.findall(
            r'(?:\bsay\(|\bSentence\(\s*key=)\s*"([a-z_]+\.[\w.]+)"', file.read_text(encoding="utf-8")
        ):
            yield file.name, key


def test_every_key_that_is_used_is_there():
    missing = [(file, key) for file, key in used_keys() if key not in catalogue()]
    assert not missing


def test_values_are_filled_in_as_plain_text():
    assert say("cli.file.unreadable", file="{why}", why="x") == "{why} cannot be read: x. Check the path."
    assert tell(Sentence(key="cli.file.unreadable", values={"file": "a", "why": "b"}), "ko").startswith("a 파일")


def test_an_unknown_key_is_shown_rather_than_raised():
    assert say("no.such.key") == "no.such.key"
