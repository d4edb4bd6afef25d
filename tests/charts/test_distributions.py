"""The histogram under the density: its bars are shares per unit, counted here once more by torch."""

import math

import pytest
import torch

from explorer.charts.distributions import distribution
from explorer.ir import RunRequest
from explorer.worker.session import execute


@pytest.mark.parametrize("name", ["rand", "randn"])
def test_bars_have_area_one_and_the_line_is_the_density(name):
    run = execute(RunRequest(code=f"samples = torch.{name}(1000)", verify="never"))
    (tensor,) = run.tensors
    bars, line = distribution(tensor.value_stats, name)["data"]
    assert sum(y * w for y, w in zip(bars["y"], bars["width"], strict=True)) == pytest.approx(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        samples = getattr(torch, name)(1000).double()
    low, high = samples.min().item(), samples.max().item()
    counts = torch.histc(samples, len(bars["y"]), low, high)
    assert bars["y"] == pytest.approx((counts / 1000 / bars["width"][0]).tolist(), abs=2.1 / 1000 / bars["width"][0])
    law = (
        torch.distributions.Normal(0.0, 1.0)
        if name == "randn"
        else torch.distributions.Uniform(0.0, 1.0, validate_args=False)
    )
    inside = [(x, y) for x, y in zip(line["x"], line["y"], strict=True) if name == "randn" or 0 < x < 1]
    assert [y for _, y in inside] == pytest.approx(
        [math.exp(law.log_prob(torch.tensor(x))) for x, _ in inside], rel=1e-4
    )
    assert all(y == 0 for x, y in zip(line["x"], line["y"], strict=True) if name == "rand" and not 0 <= x < 1)
