"""Which element a reduction points at, and which dimension it took away, as torch has it."""

import pytest
import torch

from explorer.ir import RunRequest
from explorer.viewer.heat import drawn
from explorer.worker.session import execute

MATRIX = "x = torch.tensor([[1., 9., 3.], [8., 2., 4.]])\n"


def picture(code):
    run = execute(RunRequest(code=code, verify="never"))
    assert run.status == "ok", run.message
    return drawn(run, "en")


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_the_elements_that_argmax_points_at(name, dim):
    found = picture(f"{MATRIX}result = torch.{name}(x, dim={dim})")
    x = torch.tensor([[1.0, 9.0, 3.0], [8.0, 2.0, 4.0]])
    extreme = (torch.amax if name == "argmax" else torch.amin)(x, dim=() if dim is None else dim, keepdim=True)
    expected = (x == extreme).flatten().nonzero().flatten().tolist()
    hits = next(tensor["hits"] for tensor in found["tensors"] if tensor["name"] == "x")
    assert sorted(hits) == expected
    assert (found["collapse"]["source"], found["collapse"]["result"], found["collapse"]["dim"]) == ("x", "result", dim)


@pytest.mark.parametrize(
    ("code", "dim"),
    [
        (f"{MATRIX}r = x.sum(0)", 0),
        (f"{MATRIX}r = x.sum(-1)", 1),
        (f"{MATRIX}r = x.mean()", None),
        (f"{MATRIX}values, indices = x.max(dim=1)", 1),
        ("s = torch.ones(3, 3)\nr = s.sum(dim=1)", 1),
        ("s = torch.ones(3, 3)\nr = s.sum(0)", False),
        (f"{MATRIX}r = x + 1", False),
        (f"{MATRIX}r = x.sum(0, keepdim=True)", False),
        ("s = torch.ones(30, 30)\nr = s.sum(0)", False),
    ],
)
def test_the_dimension_that_collapses(code, dim):
    collapse = picture(code)["collapse"]
    assert collapse is None if dim is False else collapse["dim"] == dim


def test_many_numbers_are_told_by_their_statistics():
    (tensor,) = picture("x = torch.arange(100.)")["tensors"]
    assert tensor["values"] is None
    assert tensor["said"] == "100 numbers: from 0 to 99, mean 49.5, standard deviation 28.87"
