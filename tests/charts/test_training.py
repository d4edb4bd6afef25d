import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.charts.training import MOST_LAYERS, MOST_POINTS, curves, thin
from explorer.ir import Activation, LayerState, Scores, Spread, TrainingPoint, TrainingSnapshot, number
from explorer.words import LANGUAGES


def snapshot(step, train=(0.5, 0.75), held=(0.6, 0.5)):
    """Loss and metric of the rows that train, and of those held back."""
    scores = [Scores(loss=pair[0], metric=pair[1]) for pair in (train, held)]
    return TrainingSnapshot(step=step, train=scores[0], validation=scores[1])


def point(step, loss=1.0, norms=(0.5, 0.25)):
    return TrainingPoint(
        step=step,
        loss=number(loss),
        gradient_norm=number(math.hypot(*norms)),
        layer_norms=tuple(map(number, norms)),
    )


NAMES = ("fc.weight", "fc.bias")


def traces(figure):
    return {trace["name"]: trace for trace in figure["data"]}


def test_every_number_is_where_it_was_measured():
    points = [point(1, 4.0), point(2, 2.0, (3.0, 4.0))]
    drawn = traces(curves(points, [], NAMES, steps=9))
    assert drawn["each batch"]["x"] == [1, 2]
    assert drawn["each batch"]["y"] == [4.0, 2.0]
    assert drawn["|grad|"]["y"] == [math.hypot(0.5, 0.25), 5.0]
    assert drawn["fc.weight"]["y"] == [0.5, 3.0]
    assert drawn["fc.bias"]["y"] == [0.25, 4.0]
    assert "validation rows" not in drawn


def test_scores_of_snapshots_stand_beside_the_batches():
    seen = [snapshot(1), snapshot(2, (0.4, 1.0), (0.7, 0.25))]
    figure = curves([point(1), point(2)], seen, NAMES, log=True)
    panels = {}
    for trace in figure["data"]:
        panels.setdefault(trace["yaxis"], []).append((trace["name"], trace["x"], trace["y"]))
    assert panels["y"][1:] == [("training rows", [1, 2], [0.5, 0.4]), ("validation rows", [1, 2], [0.6, 0.7])]
    assert panels["y2"] == [("training rows", [1, 2], [0.75, 1.0]), ("validation rows", [1, 2], [0.5, 0.25])]
    kinds = [figure["layout"][axis]["type"] for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
    assert kinds == ["log", "linear", "log", "log"]
    dashes = [trace["line"]["dash"] for trace in figure["data"][1:3]]
    assert dashes == ["solid", "dash"]


def test_rates_dead_units_and_updates_have_panels_where_there_are_some():
    spread = Spread(low=0.0, high=1.0)
    layers = tuple(LayerState(weight=spread, norm=1.0, update=update) for update in (0.01, 0.02))
    dying = Activation(name="relu, <b>", spread=spread, dead=0.25)
    seen = [
        TrainingSnapshot(step=1, train=Scores()),
        TrainingSnapshot(step=2, train=Scores(), layers=layers, activations=(dying,)),
    ]
    points = [TrainingPoint(step=step, loss=1.0, gradient_norm=1.0, learning_rate=0.1 / step) for step in (1, 2)]
    figure = curves(points, seen, NAMES)
    found = {(trace["name"], trace["yaxis"]): (trace["x"], trace["y"]) for trace in figure["data"]}
    assert found["lr", "y3"] == ([1, 2], [0.1, 0.05])
    assert found["relu, &lt;b&gt;", "y4"] == ([2], [0.25])
    assert found["fc.weight", "y5"] == ([2], [0.01])
    assert found["fc.bias", "y5"] == ([2], [0.02])
    json.dumps(figure, allow_nan=False)


def test_a_metric_of_regression_is_not_held_between_0_and_1():
    figure = curves([point(1)], [snapshot(1, (1.0, -3.0))], NAMES, classes=False)
    assert "range" not in figure["layout"]["yaxis2"]
    assert "R" in figure["layout"]["annotations"][1]["text"]


def test_panels_stand_one_above_the_other_on_one_x_axis():
    figure = curves([point(1)], [snapshot(1)], NAMES)
    domains = [figure["layout"][axis]["domain"] for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
    assert all(0 <= low < high <= 1 for low, high in domains)
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))
    assert not any("xaxis" in trace for trace in figure["data"])


def test_the_x_axis_does_not_move_while_points_arrive():
    ranges = [curves([point(step) for step in range(1, count)], [], NAMES, steps=50) for count in (2, 20)]
    assert [figure["layout"]["xaxis"]["range"] for figure in ranges] == [[1, 50], [1, 50]]
    assert curves([point(1), point(2), point(3)], [], NAMES)["layout"]["xaxis"]["range"] == [1, 3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_run_and_every_language_can_be_drawn(language):
    figure = curves([], [], (), language)
    json.dumps(figure, allow_nan=False)
    titles = [note["text"] for note in figure["layout"]["annotations"]]
    assert titles
    assert not any(title.startswith("training.") for title in titles)


def test_what_is_not_finite_is_a_gap():
    figure = curves([point(1), point(2, math.nan, (math.inf, 1.0)), point(3, math.inf)], [], NAMES)
    assert traces(figure)["each batch"]["y"] == [1.0, None, None]
    assert traces(figure)["fc.weight"]["y"] == [0.5, None, 0.5]
    json.dumps(figure, allow_nan=False)


def test_of_many_parameters_the_first_and_the_last_are_drawn():
    names = [f"layer{index}.weight" for index in range(40)]
    figure = curves([point(1, norms=tuple(float(index + 1) for index in range(40)))], [], names)
    drawn = [trace["name"] for trace in figure["data"] if trace["showlegend"] and trace["legend"] == "legend"]
    assert drawn == names[:6] + names[-6:]
    assert len(drawn) == MOST_LAYERS
    assert traces(figure)["layer39.weight"]["y"] == [40.0]
    assert "40" in figure["layout"]["annotations"][-1]["text"]


def test_the_curves_on_top_are_explained_beside_them():
    figure = curves(
        [point(1)],
        [TrainingSnapshot(step=1, train=Scores(loss=0.5, metric=0.9), validation=Scores(loss=0.6, metric=0.8))],
        NAMES,
    )
    named = {trace["name"]: trace["legend"] for trace in figure["data"] if trace["showlegend"]}
    assert {name for name, legend in named.items() if legend == "legend2"} == {
        "each batch",
        "training rows",
        "validation rows",
    }
    assert {name for name, legend in named.items() if legend == "legend"} == set(NAMES)


def test_a_bias_differs_from_its_weight_in_more_than_colour():
    drawn = traces(curves([point(1)], [], NAMES))
    assert drawn["fc.weight"]["line"]["dash"] != drawn["fc.bias"]["line"]["dash"]


def test_a_name_from_typed_code_is_text():
    figure = curves([point(1, norms=(1.0,))], [], ['<a href="x">&' + "n" * 99])
    name = figure["data"][-1]["name"]
    assert "<" not in name
    assert name.startswith("&lt;a")
    assert len(name) < 70


def test_a_point_with_too_few_norms_leaves_a_gap():
    assert traces(curves([point(1, norms=(1.0,))], [], NAMES))["fc.bias"]["y"] == [None]


@given(st.lists(st.floats(), min_size=1, max_size=60), st.integers(2, 40))
def test_thinning_keeps_ends_order_and_extremes(losses, most):
    points = [point(step, loss) for step, loss in enumerate(losses, 1)]
    kept = thin(points, most)
    steps = [one.step for one in kept]
    assert len(kept) <= most + 2
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (1, len(points))
    finite = [loss for loss in losses if math.isfinite(loss)]
    if finite:
        shown = [float(one.loss) for one in kept]
        assert {min(finite), max(finite)} <= set(shown)


def test_few_points_are_all_kept():
    points = [point(step) for step in range(MOST_POINTS)]
    assert thin(points) == points


def test_a_window_shows_its_steps_as_finely_as_the_whole():
    points = [point(step, step / 7) for step in range(1, 10 * MOST_POINTS + 1)]
    snapshots = [snapshot(step) for step in range(100, 10 * MOST_POINTS, 100)]
    figure = curves(points, snapshots, ("fc.weight", "fc.bias"), window=(301, 800))
    assert figure["layout"]["xaxis"]["range"] == [301, 800]
    batch, *scores = figure["data"]
    assert batch["x"] == list(range(301, 801))
    assert scores[0]["x"] == [400, 500, 600, 700, 800]
