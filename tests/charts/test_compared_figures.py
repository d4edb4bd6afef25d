import json
import math
from array import array

import pytest

from explorer.charts.comparing import Group, Path, band, compared, paths
from explorer.ir import Scores, TrainingPoint, TrainingSnapshot, TrainingSurface, number


def run(*losses, first=1):
    return [
        TrainingSnapshot(step=step, train=Scores(loss=9.0), validation=Scores(loss=number(loss), metric=0.5))
        for step, loss in enumerate(losses, first)
    ]


def test_a_band_is_mean_and_extremes_at_common_steps():
    found = band(Group("a", (run(4.0, 2.0, 1.0), run(6.0, 4.0))), "loss")
    assert found == ([1, 2], [5.0, 3.0], [4.0, 2.0], [6.0, 4.0])
    assert band(Group("a", (run(4.0, math.nan, 1.0),)), "loss").steps == [1, 3]
    assert band(Group("a", ()), "loss").steps == []


def test_one_run_is_a_line_several_are_a_line_in_a_band():
    figure = compared([Group("one", (run(1.0, 2.0),)), Group("<b>two</b>", (run(1.0), run(3.0)))], True, "en", log=True)
    lines = [trace for trace in figure["data"] if trace.get("name")]
    assert [line["name"] for line in lines if line["showlegend"]] == ["one", "&lt;b&gt;two&lt;/b&gt;"]
    assert len({line["line"]["dash"] for line in lines}) == 2
    assert sum("fill" in trace for trace in figure["data"]) == 2
    assert figure["layout"]["yaxis"]["type"] == "log"
    json.dumps(figure, allow_nan=False)


def test_paths_lie_on_the_widest_landscape():
    def surface(end):
        losses = array("f", [1.0, 10.0, 100.0, 0.0]).tobytes()
        return TrainingSurface(names=("w", "b"), low=(0.0, 0.0), high=(end, 4.0), width=2, height=2, losses=losses)

    points = [TrainingPoint(step=at, loss=1.0, gradient_norm=1.0, values=(float(at), 1.0)) for at in range(3)]
    figure = paths([Path("SGD", points, surface(2.0)), Path("Adam", points, surface(8.0))], "en")
    ground, first, second = figure["data"]
    assert ground["x"] == [2.0, 6.0]
    assert ground["y"] == [1.0, 3.0]
    assert ground["z"][0] == pytest.approx([0.0, 1.0])
    assert ground["z"][1] == pytest.approx([2.0, -12.0])
    assert first["x"] == [0.0, 1.0, 2.0]
    assert first["marker"]["symbol"] != second["marker"]["symbol"]
