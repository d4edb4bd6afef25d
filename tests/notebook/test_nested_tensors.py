"""Tensors whose parts differ in size: what torch does not tell of them is said, and the rest is a run like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import explorer

LAYOUTS = {"jagged": torch.jagged, "nested": torch.strided}


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_graph_of_nested_tensors_is_shown_written_and_loaded(layout: str, tmp_path: Path) -> None:
    parts = [torch.randn(2, 3), torch.randn(4, 3)]
    leaf = torch.nested.nested_tensor(parts, layout=LAYOUTS[layout], requires_grad=True)
    run = explorer.trace(lambda t: torch.nested.to_padded_tensor(t * t, 0.0).sum(), leaf)
    assert {node.name for node in run.graph.nodes} >= {"SumBackward0", "MulBackward0", "AccumulateGrad"}
    said = {note.key: note.values for note in run.notes}
    assert said["limits.nested"]["name"] == "leaf"
    assert ("notebook.note.gradients" in said) == (layout == "nested")
    shown = next(tensor for tensor in run.tensors if tensor.name == "leaf")
    assert (shown.shape, shown.layout) == ((2, -1, 3), layout)
    assert (shown.value, shown.value_stats) == (None, None)
    root = next(node for node in run.graph.nodes if node.name == "SumBackward0")
    norm = sum(part.square().sum() for part in parts)
    assert run.graph.roots[0].value == pytest.approx(float(norm), rel=1e-5)
    assert root.output is not None
    for suffix in ("json", "html", "txt"):
        run.save(tmp_path / f"run.{suffix}")
    assert explorer.Run.load(tmp_path / "run.json").to_json() == run.to_json()
    assert leaf.grad is None
