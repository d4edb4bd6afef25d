"""The histogram under the density: its bars are shares per unit, counted here once more; the line is torch's own density."""

import math

import pytest
import torch

from explorer.app.sections import BINS, OperationsState
from explorer.charts.distributions import distribution, edges
from explorer.worker.session import execute


@pytest.mark.parametrize("name", ["rand", "randn"])
def test_bars_are_the_numbers_that_were_drawn_and_the_line_is_the_density(name):
    run = execute(OperationsState().with_name(name).draw_request())
    counts = next(tensor.value for tensor in run.tensors if tensor.name == "counts")
    bars, line = distribution(counts, 10_000, name)["data"]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        samples = getattr(torch, name)(10_000).tolist()
    low, high = edges(name)
    width = (high - low) / BINS
    expected = [0] * BINS
    for sample in samples:
        if low <= sample <= high:
            expected[min(BINS - 1, int((sample - low) / width))] += 1
    shares = [count / 10_000 / width for count in expected]
    assert bars["y"] == pytest.approx(
        shares, abs=2.1 / 10_000 / width
    )  # histc may put one on an edge into the other bin
    assert sum(y * width for y in bars["y"]) == pytest.approx(1, abs=1e-3)
    law = torch.distributions.Normal(0.0, 1.0) if name == "randn" else torch.distributions.Uniform(0.0, 1.0)
    if name == "rand":
        assert (line["x"], line["y"], line["line"]["shape"]) == ([-0.1, 0.0, 1.0, 1.1], [0.0, 1.0, 0.0, 0.0], "hv")
    inside = [(x, y) for x, y in zip(line["x"], line["y"], strict=True) if name == "randn" or 0 <= x < 1]
    assert [y for _, y in inside] == pytest.approx(
        [math.exp(law.log_prob(torch.tensor(x))) for x, _ in inside], rel=1e-4
    )
