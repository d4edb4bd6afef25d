"""Hostile code gets nowhere and learners' code runs: our own table over every known kind, and the samples where they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from attack_table import CASES
from learner_table import TABLE

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "corpus" / "attacks.jsonl"

MISSING = ("NameError", "AttributeError", "NotAvailableError", "ImportError", "TypeError")
"""What code may end with that was to be refused: a name that is not there, or a class that cannot be made."""


OURS = "ours"
PASTED = "pasted"
GIVEN = "given"

Case = tuple[str, str, str]


def groups() -> dict[str, list[Case]]:
    """All pieces of code as ``(kind, must, code)``."""
    given = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()] if SAMPLES.exists() else []
    return {
        OURS: CASES,
        PASTED: [(kind, "ok", code) for kind, codes in TABLE.items() for code in codes],
        GIVEN: [(sample["id"], sample["must"], sample["code"]) for sample in given],
    }


@pytest.fixture(scope="module")
def wrong() -> dict[str, list[str]]:
    """What came out wrong in each group, from one process for all, since loading torch is the slow part."""
    cases = [(group, *case) for group, group_cases in groups().items() for case in group_cases]
    came_out: dict[str, list[str]] = {group: [] for group in groups()}
    for (group, kind, must, code), outcome in zip(cases, outcomes([case[1:] for case in cases]), strict=True):
        if not is_right(must, outcome):
            came_out[group].append(f"{kind} {code!r}: {outcome}")
    return came_out


def outcomes(cases: list[Case]) -> list[str]:
    """Run the cases in the runner's process, in order."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("attack_runner.py")],
        input=json.dumps([[must, code] for _, must, code in cases]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **threads, "PYTHONPATH": str(ROOT)},
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["outcomes"])


def is_right(must: str, outcome: str) -> bool:
    if must == "ok":
        return outcome == "ran"
    if must == "refused":
        return outcome.startswith(("refused ", *(f"raised {name}:" for name in MISSING)))
    return True


def test_our_own_attacks_come_out_right(wrong: dict[str, list[str]]) -> None:
    assert min(Counter(kind for kind, _, _ in CASES).values()) >= 5
    assert wrong[OURS] == []


def test_what_learners_paste_runs(wrong: dict[str, list[str]]) -> None:
    assert wrong[PASTED] == []


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not part of the repository")
def test_the_samples_come_out_right(wrong: dict[str, list[str]]) -> None:
    assert wrong[GIVEN] == []
