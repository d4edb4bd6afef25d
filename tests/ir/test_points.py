"""Steps by columns: what comes out is what went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ir import Points, TrainingPoint, number


def point(step, loss=0.5, norms=(0.25, 1 / 3), values=()):
    return TrainingPoint(
        step=step,
        loss=number(loss),
        gradient_norm=0.1,
        layer_norms=norms,
        learning_rate=1e-3,
        seconds=step / 7,
        values=values,
    )


@given(st.lists(st.floats(), max_size=20))
def test_every_number_is_whole(losses):
    records = [point(step, loss, values=(number(loss), 2.0)) for step, loss in enumerate(losses, 1)]
    points = Points(records)
    assert points == tuple(records)
    assert Points.from_columns(points.columns(), points.widths) == points
    assert points[1:] == records[1:]
    assert [points[-1 - at] for at in range(len(records))] == records[::-1]


def test_what_differs_from_the_first_is_filled_or_cut():
    points = Points([point(1), point(2, norms=(1.0,)), point(3, norms=(1.0, 2.0, 3.0))])
    assert [one.layer_norms for one in points] == [(0.25, 1 / 3), (1.0, "NaN"), (1.0, 2.0)]


@pytest.mark.parametrize("steps", [(1, 2, 3, 4), (1, 3, 7, 20), (20, 10, 30, 5), (5, 5, 5, 6)])
def test_a_point_is_found_by_its_step(steps):
    points = Points(point(step) for step in steps)
    for step in steps:
        assert points.of_step(step) == point(step)
    assert points.of_step(999) is points.of_step(-1) is Points().of_step(1) is None


def test_a_part_of_them_and_more_at_the_end():
    points = Points(point(step) for step in range(1, 101))
    part = points.between(10, 12)
    assert part == [point(10), point(11), point(12)]
    points.extend([point(101)])
    assert (len(points), len(part), points.between(101, 10**9)[0]) == (101, 3, point(101))
    assert not points.between(200, 300)


def test_columns_that_do_not_fit_are_refused():
    points = Points([point(1)])
    with pytest.raises(ValueError, match="layer_norms has 2 numbers for 1 points"):
        Points.from_columns(points.columns(), {"layer_norms": 3, "values": 0})
    with pytest.raises(KeyError):
        Points.from_columns({}, points.widths)
