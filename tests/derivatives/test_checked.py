"""The sentence on a checked call, in both languages, for every answer that the capture can give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from explorer.capture import check, quotients, repeated
from explorer.derivatives.checked import verdict
from explorer.ir import Check, CheckedInput, Op, Run
from explorer.words import catalogue

REASONS = {"integer", "large", "layout", "not_finite", "not_reached", "nothing", "raised", "random"}


def answered(**fields: object) -> Run:
    return Run(status="ok", ops=(Op(index=0, name="pow", text="x ** 3"),), check=Check(op=0, **fields))


def test_every_reason_of_the_capture_has_a_sentence() -> None:
    source = "".join(Path(module.__file__).read_text() for module in (check, quotients, repeated))
    told = set(re.findall(r'(?:ImpossibleError\(|reason=)"(\w+)"', source)) | {"large", "layout"}
    assert told == REASONS
    keys = {key.removeprefix("check.") for key in catalogue() if key.startswith("check.")}
    assert keys == {f"impossible.{reason}" for reason in REASONS} | {
        "agrees", "agrees.kink", "differs", "differs.kink", "differs.precision", "differs.structure",
    }  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_an_impossible_check_says_why(reason: str) -> None:
    run = answered(status="impossible", reason=reason)
    english, korean = verdict(run, "en"), verdict(run, "ko")
    assert "x ** 3" in english
    assert "x ** 3" in korean
    assert re.search("[가-힣]", korean)


def test_the_largest_difference_is_told() -> None:
    inputs = (CheckedInput(largest_difference=1e-12), CheckedInput(largest_difference=0.25))
    assert verdict(answered(status="agrees", inputs=inputs)) == (
        "x ** 3: backward agrees with finite differences (largest difference 0.25)."
    )
    assert "0.25" in verdict(answered(status="differs", reason="kink", inputs=inputs), "ko")
    assert "nan" in verdict(answered(status="differs", inputs=(CheckedInput(largest_difference="NaN"),)))


def test_nothing_asked_nothing_said() -> None:
    assert verdict(Run(status="ok")) is None
    assert "#7" in verdict(Run(status="ok", check=Check(op=7, status="impossible", reason="not_reached")))
