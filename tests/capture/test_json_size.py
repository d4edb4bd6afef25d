"""How many bytes of JSON a node takes, and that what is left out of them is what torch says."""

import json

import msgspec
import pytest
import torch

from explorer.capture import forward, snapshot
from explorer.capture.metas import Storages
from explorer.capture.saved import SavedDraft
from explorer.ir import RunRequest, Saved, decode_run, encode
from explorer.worker.session import execute

LARGE, BOUND = 100_000, 30e6
NODES = LARGE // 50
DIGITS = 10
"""How many ids a node has, in itself, its edge and its part of a call: each is a digit longer in the large graph."""


@pytest.mark.parametrize("step", ["y + 1", "y.sin()", "y * 1.0001"])
def test_a_hundred_thousand_nodes_take_less_than_thirty_megabytes(step, monkeypatch):
    monkeypatch.setattr(snapshot, "MOST_NODES_WITH_NUMBERS", snapshot.MOST_NODES_WITH_NUMBERS // 50)
    monkeypatch.setattr(forward, "MOST_OPS", forward.MOST_OPS // 50)
    monkeypatch.setattr(forward, "MOST_SPANS", forward.MOST_SPANS // 50)
    code = f"import torch\nx = torch.ones(1, requires_grad=True)\ny = x\nfor _ in range({NODES}):\n    y = {step}\n"
    run = execute(RunRequest(code=code, verify="never"))
    assert decode_run(encode(run)) == run
    assert len(run.graph.nodes) == NODES + 1
    assert (len(encode(run)) / NODES + DIGITS) * LARGE < BOUND


def tensors():
    base = torch.ones(6, requires_grad=True)
    double = base * 2
    return {
        "a leaf": base,
        "computed": double,
        "half of a storage": double[:3],
        "nothing of a storage": double[2:2],
        "without gradient": double.detach(),
        "repeated": torch.ones(3).expand(4, 3),
        "another dtype": torch.arange(3),
        "sparse": torch.eye(3).to_sparse(),
    }


def test_what_is_left_out_is_as_torch_says():
    for name, tensor in tensors().items():
        nbytes = tensor.numel() * tensor.element_size()
        saved = SavedDraft("self", Storages().meta(tensor), nbytes).record({})
        read = msgspec.json.decode(encode(saved), type=Saved)
        assert read == saved
        assert (read.nbytes, read.tensor.is_leaf) == (nbytes, tensor.is_leaf), name


def test_what_most_tensors_have_is_left_out_and_only_that():
    written = {
        name: json.loads(encode(SavedDraft("self", Storages().meta(tensor), 4 * tensor.numel()).record({})))
        for name, tensor in tensors().items()
        if name in ("a leaf", "computed", "half of a storage", "without gradient")
    }
    assert [name for name, saved in written.items() if "is_leaf" in saved["tensor"]] == ["a leaf"]
    assert {name: saved["nbytes"] for name, saved in written.items() if "nbytes" in saved} == {"half of a storage": 12}


def test_what_version_1_wrote_is_read():
    tensor = b'{"storage_id":0,"storage_nbytes":8,"dtype":"float64","requires_grad":false,"is_leaf":true}'
    old = msgspec.json.decode(b'{"name":"other","nbytes":8,"tensor":' + tensor + b"}", type=Saved)
    assert (old.nbytes, old.tensor.is_leaf) == (8, True)
