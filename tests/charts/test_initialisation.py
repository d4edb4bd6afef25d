"""The histogram of a weight: its counts against torch's own, and its bound."""

import pytest
import torch

from explorer.charts.initialisation import weights
from explorer.ir import RunRequest
from explorer.models import INITIALISERS
from explorer.worker.session import execute


def weight_of(name, ins, outs):
    run = execute(RunRequest(code=INITIALISERS[name].code(ins, outs), seed=2, verify="never"))
    return next(one for one in run.tensors if one.name == "weight")


@pytest.mark.parametrize(("ins", "outs"), [(8, 8), (31, 30)])
def test_bars_are_the_counts_of_torch_between_the_bounds(ins, outs):
    weight = weight_of("linear", ins, outs)
    bars, *lines = weights(weight, ins**-0.5)["data"]
    torch.manual_seed(2)
    values = torch.nn.Linear(ins, outs).weight.detach()
    expected = torch.histc(values, len(bars["y"]), values.min().item(), values.max().item())
    assert sum(bars["y"]) == ins * outs
    assert abs(torch.tensor(bars["y"]) - expected).max() <= 1  # a number on the edge of two bins
    assert [line["x"][0] for line in lines] == [-(ins**-0.5), ins**-0.5]
    assert f"{ins * outs} of {ins * outs}" in bars["name"]


def test_equal_numbers_have_no_histogram():
    assert weights(weight_of("constant_", 8, 8), 0.5) is None
