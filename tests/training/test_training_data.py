import pytest
import torch

from explorer.models import datasets, find_dataset
from explorer.training import make


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_data_has_the_promised_shapes(dataset):
    points, targets = make(dataset, 0)
    assert points.shape == (dataset.points, dataset.inputs)
    assert points.dtype == torch.float32
    if dataset.kind == "regression":
        assert targets.shape == (dataset.points, dataset.outputs)
        assert targets.dtype == torch.float32
    else:
        assert targets.dtype == torch.int64
        assert targets.bincount().tolist() == [dataset.points // dataset.outputs] * dataset.outputs
    assert torch.isfinite(points).all()


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_data_depends_on_its_seed_only_and_leaves_the_global_random_state_alone(dataset):
    before = torch.random.get_rng_state()
    first = make(dataset, 5)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(999)
    assert all(torch.equal(one, other) for one, other in zip(first, make(dataset, 5), strict=True))
    if dataset.name != "point":
        assert not torch.equal(first[0], make(dataset, 6)[0])


def test_the_line_is_the_line_of_its_title():
    points, targets = make(find_dataset("linear"), 3)
    columns = torch.cat([points, torch.ones(len(points), 1)], dim=1)
    weights = torch.linalg.lstsq(columns, targets).solution.flatten()
    torch.testing.assert_close(weights, torch.tensor([2.0, -3.0, 1.0]), atol=0.1, rtol=0)


def test_no_line_parts_the_circles_and_a_radius_does():
    points, classes = make(find_dataset("circles"), 0)
    assert ((points.norm(dim=1) < 0.75).long() == classes).float().mean() > 0.95
