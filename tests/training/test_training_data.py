import numpy as np
import pytest
import torch
from sklearn import datasets as sklearn_datasets

from explorer.ir import DataRequest
from explorer.models import CONTEXT, LETTERS, datasets, find_dataset
from explorer.training import TrainingError, load, make


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_data_has_the_promised_shapes(dataset):
    points, targets = make(dataset, 0)
    assert points.shape == (dataset.points, dataset.inputs)
    assert points.dtype == (torch.int64 if dataset.source == "text" else torch.float32)
    if dataset.kind == "regression":
        assert targets.shape == (dataset.points, dataset.outputs)
        assert targets.dtype == torch.float32
    else:
        assert targets.dtype == torch.int64
        assert len(targets.bincount()) <= dataset.outputs
        if dataset.source == "made":
            assert targets.bincount().tolist() == [dataset.points // dataset.outputs] * dataset.outputs
    assert torch.isfinite(points).all()


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_data_depends_on_its_seed_only_and_leaves_the_global_random_state_alone(dataset):
    before = torch.random.get_rng_state()
    first = make(dataset, 5)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(999)
    assert all(torch.equal(one, other) for one, other in zip(first, make(dataset, 5), strict=True))
    if dataset.source == "made" and dataset.name != "point":
        assert not torch.equal(first[0], make(dataset, 6)[0])


def test_the_line_is_the_line_of_its_title():
    points, targets = make(find_dataset("linear"), 3)
    columns = torch.cat([points, torch.ones(len(points), 1)], dim=1)
    weights = torch.linalg.lstsq(columns, targets).solution.flatten()
    torch.testing.assert_close(weights, torch.tensor([2.0, -3.0, 1.0]), atol=0.1, rtol=0)


def test_no_line_parts_the_circles_and_a_radius_does():
    points, classes = make(find_dataset("circles"), 0)
    assert ((points.norm(dim=1) < 0.75).long() == classes).float().mean() > 0.95


@pytest.mark.parametrize("name", [dataset.name for dataset in datasets() if dataset.source == "packaged"])
def test_tables_are_those_that_scikit_learn_loads(name):
    """Read from its files without importing it; scaled as the docstring says."""
    loader = getattr(sklearn_datasets, f"load_{name}")
    theirs = loader(scaled=False) if name == "diabetes" else loader()
    rows, targets = make(find_dataset(name), 0)
    if name == "digits":
        assert np.array_equal(rows.numpy() * 16, theirs.data.astype(np.float32))
    else:
        expected = (theirs.data - theirs.data.mean(axis=0)) / theirs.data.std(axis=0)
        np.testing.assert_allclose(rows.numpy(), expected, rtol=1e-5, atol=1e-6)
    if name == "diabetes":
        expected = (theirs.target - theirs.target.mean()) / theirs.target.std()
        np.testing.assert_allclose(targets[:, 0].numpy(), expected, rtol=1e-5, atol=1e-6)
    else:
        assert targets.tolist() == theirs.target.tolist()


def test_rows_held_back_are_no_rows_that_train():
    data = load(DataRequest(dataset="digits", held_back=0.25), 3)
    assert (len(data.x_train), len(data.x_val)) == (1348, 449)
    everything = sorted(torch.cat([data.x_train, data.x_val]).tolist())
    assert everything == sorted(make(find_dataset("digits"), 3)[0].tolist())
    assert len(load(DataRequest(dataset="point"), 0).x_val) == 0
    assert not torch.equal(data.y_val, load(DataRequest(dataset="digits", held_back=0.25), 4).y_val)


def test_the_text_is_read_letter_by_letter():
    rows, targets = make(find_dataset("text"), 0)
    assert "".join(LETTERS[index] for index in rows[0]) == "the small cell s"
    assert LETTERS[targets[0]] == "a"
    assert torch.equal(rows[1][:-1], rows[0][1:])
    assert torch.equal(targets[:-CONTEXT], rows[CONTEXT:, 0])


def test_a_table_of_ones_own_is_scaled_and_told_apart():
    data = load(DataRequest(dataset="table", table="a;b;y\n1;5;10\n3;5;20\n5;5;30\n", held_back=0.0), 0)
    assert data.dataset.kind == "regression"
    assert data.x_train[:, 1].tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(sorted(data.y_train[:, 0].tolist()), [-1.2247449, 0, 1.2247449], atol=1e-6)
    with pytest.raises(TrainingError, match="no column z; there are a, b, y"):
        load(DataRequest(dataset="table", table="a;b;y\n1;5;10\n3;5;20\n", target="z"), 0)
