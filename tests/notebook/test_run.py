"""A run in the hands of a user: its records, its files, and what it says of itself."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import explorer
from explorer.ir import IrError, decode_run


@pytest.fixture(scope="module")
def run() -> explorer.Run:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
    return explorer.trace(lambda x: net(x).sum(), torch.ones(2, 3))


def test_every_field_of_the_record_is_an_attribute(run: explorer.Run) -> None:
    for name in ("graph", "ops", "tensors", "storages", "memory", "verification", "backwards", "notes", "status"):
        assert getattr(run, name) is getattr(run.record, name)
        assert name in dir(run)
    with pytest.raises(AttributeError):
        _ = run.nothing_of_that_name


def test_the_numbers_of_the_module_are_there(run: explorer.Run) -> None:
    names = {tensor.name: tensor for tensor in run.tensors}
    assert names["net.0.weight"].shape == (4, 3)
    assert run.memory.run.saved > 0
    assert run.graph.roots[0].name == "output"
    assert run.result_shape == ()


def test_json_there_and_back(run: explorer.Run, tmp_path: Path) -> None:
    text = run.to_json()
    assert decode_run(text.encode()) == run.record
    file = run.save(tmp_path / "run.json")
    for source in (text, text.encode(), file, str(file)):
        assert explorer.Run.load(source).record == run.record


@pytest.mark.parametrize(
    "bad",
    [
        '{"status": "well"}',
        b"",
        '{"status": "ok", "graph": {"edges": [{"source": 1, "slot": 0, "target": 2, "output_nr": 0}]}}',
    ],
)
def test_what_is_no_run_is_not_loaded(bad: str | bytes) -> None:
    with pytest.raises(IrError):
        explorer.Run.load(bad)


def test_files_by_their_suffix(run: explorer.Run, tmp_path: Path) -> None:
    starts = {".html": "<!doctype html>", ".json": "{", ".dot": "digraph", ".svg": "<svg", ".txt": "status: ok"}
    for suffix, start in starts.items():
        assert run.save(tmp_path / f"run{suffix}").read_text(encoding="utf-8").lstrip().startswith(start)
    for suffix, signature in {".png": b"\x89PNG", ".pdf": b"%PDF-", ".model-explorer.json": b'{"label":'}.items():
        assert run.save(tmp_path / f"run{suffix}", everything=True).read_bytes().startswith(signature)
    with pytest.raises(ValueError, match=r"\.html"):
        run.save(tmp_path / "run.gif")
    assert json.loads((tmp_path / "run.json").read_text())["status"] == "ok"


def test_one_line_says_what_it_is(run: explorer.Run) -> None:
    leaves = sum(node.kind == "leaf" for node in run.graph.nodes)
    assert repr(run) == f"Run(ok, {len(run.graph.nodes)} nodes, {leaves} leaves, {len(run.ops)} calls)"


def test_the_frame_lets_nothing_of_the_run_out() -> None:
    """The code is the user's text: it reaches the notebook as the value of one attribute, of a frame without an origin."""
    x = torch.ones(1, requires_grad=True)
    run = explorer.trace(lambda a: a * 2 if '"></iframe><script>alert(1)</script>' else a, x)
    shown = run._repr_html_()
    assert re.findall(r"<(\w+)", shown) == ["style", "p", "iframe"]
    assert 'sandbox="allow-scripts allow-downloads"' in shown
    page = re.search(r'srcdoc="([^"]*)"', shown)
    assert page is not None
    assert html.unescape(page[1]) == run.to_html()


def test_a_message_is_shown_as_text() -> None:
    def breaks(x: torch.Tensor) -> None:
        raise ValueError("<script>alert(1)</script>")

    shown = explorer.trace(breaks, torch.ones(1, requires_grad=True))._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "<iframe" not in shown


def test_equal_runs_give_equal_json_but_for_the_clock() -> None:
    x = torch.ones(3, requires_grad=True)

    def timeless(run: explorer.Run) -> dict[str, object]:
        record = json.loads(run.to_json())
        return {key: value for key, value in record.items() if key not in ("seconds", "timings", "times")}

    first, second = (timeless(explorer.trace(lambda a: (a * 2).sum(), x)) for _ in range(2))
    assert first == second
