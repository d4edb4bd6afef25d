"""The badge in words: verified, failed, not verified and why."""

from __future__ import annotations

import pytest

from explorer.ir import Graph, Node, Run, Verification
from explorer.viewer.badge import badge
from explorer.words import LANGUAGES

GRAPH = Graph(nodes=(Node(id=0, name="MulBackward0", kind="operation"),))


def told(proof: Verification | None, language: str = "en") -> dict[str, str] | None:
    return badge(Run(status="ok", graph=GRAPH, verification=proof), language)


def test_verified_tells_the_largest_difference_and_over_how_many_leaves() -> None:
    found = told(Verification(status="verified", leaves=12, equal=12, executed=40))
    assert (found["kind"], found["text"]) == ("verified", "verified: largest difference 0 over 12 leaves")
    assert "12 of 12 are equal bit for bit." in found["more"]
    assert found["ask"] is None


def test_a_tolerance_and_results_taken_over_are_not_hidden() -> None:
    found = told(Verification(status="verified", leaves=2, equal=1, largest_difference=2.5e-7, tolerance=1e-5, adopted=("MyBackward",)))  # fmt: skip
    assert "2.5e-07" in found["text"]
    assert "up to 1e-05 are accepted" in found["more"]
    assert "MyBackward" in found["more"]


@pytest.mark.parametrize(("difference", "shown"), [(0.25, "0.25"), ("NaN", "NaN"), ("Infinity", "Infinity")])
def test_a_failed_proof_says_where_and_how_far(difference: object, shown: str) -> None:
    found = told(Verification(status="failed", leaves=3, equal=2, largest_difference=difference, worst="model.weight"))
    assert found["kind"] == "failed"
    assert found["text"] == f"differs: largest difference {shown} at model.weight"
    assert "2 of 3 leaves agree" in found["more"]


@pytest.mark.parametrize(
    ("reason", "asks"), [("large", True), ("asked", True), ("nothing", False), ("raised", False), ("unreadable", False)]
)
def test_what_was_not_verified_can_be_where_there_is_something(reason: str, asks: bool) -> None:
    for language in LANGUAGES:
        found = told(Verification(status="skipped", reason=reason), language)
        assert found["kind"] == "skipped"
        assert bool(found["ask"]) is asks
        assert "badge." not in found["text"] + found["more"]


def test_a_run_without_a_proof_or_without_a_graph_has_no_badge() -> None:
    assert told(None) is None
    assert badge(Run(status="ok", verification=Verification(status="verified")), "en") is None
