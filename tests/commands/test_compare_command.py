"""``compare`` on the command line: what it says of two files, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.__main__ import main
from explorer.ir import encode
from tests.samples import run

CODE = "x = torch.tensor(3.0, requires_grad=True)\ny = x.exp()\nz = {z}\nz.backward()"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, last in {"a": "y * 2", "b": "y.sin() * 2"}.items():
        (tmp_path / f"{name}.json").write_bytes(encode(run(CODE.format(z=last))))
    (tmp_path / "c.json").write_text("{}")
    return [str(tmp_path / f"{name}.json") for name in "abc"]


def test_what_was_put_in_between(files: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *files[:2]]) == 1
    out, err = capfd.readouterr()
    assert out.splitlines()[0] == "0 the same, 3 changed, 0 removed, 1 added"
    assert "+ #1 SinBackward0 y.sin():3" in out
    assert "    inputs: 0: ExpBackward0 → 0: SinBackward0" in out
    assert not err


def test_as_json(files: list[str], tmp_path: Path) -> None:
    target = tmp_path / "found.json"
    assert main(["compare", *files[:2], "--format", "json", "-o", str(target)]) == 1
    found = json.loads(target.read_bytes())
    assert (found["added"], found["removed"], len(found["pairs"])) == ([1], [], 3)


def test_one_run_twice(files: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", files[0], files[0]]) == 0
    assert capfd.readouterr().out == "3 the same, 0 changed, 0 removed, 0 added\n"


@pytest.mark.parametrize(("other", "said"), [("c.json", "is not a run"), ("d.json", "cannot be read")])
def test_a_file_that_is_no_run(files: list[str], other: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", files[0], str(Path(files[0]).with_name(other))]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
