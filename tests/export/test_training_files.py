"""A training run as a file, each opened again by a reader that is not ours."""

import csv
import io
import json
import random
import struct

import numpy as np
import pytest
import torch

from explorer.export.problem import ExportError
from explorer.export.training import FORMATS, written
from explorer.export.training_apart import write_apart
from explorer.ir import DataRequest, Points, TrainingPoint, TrainingRequest, TrainingRun, TrainingStart, encode
from explorer.ir.points import PIECE
from tests.training.test_watch import Ran, program

TABLE = "a;b;kind\n" + "".join(f"{i};{i * i % 5};{'x' if i % 3 else 'y'}\n" for i in range(30))


def whole(run: TrainingRun, name: str) -> bytes:
    return b"".join(written(run, name))


def run_of(code, dataset="moons", **more) -> TrainingRun:
    ran = Ran(code, dataset, seed=5, **more)
    request = TrainingRequest(code=code, seed=5, data=DataRequest(dataset=dataset, **more))
    return TrainingRun(
        request=request,
        start=ran.start,
        points=tuple(ran.points),
        snapshots=tuple(ran.snapshots),
        end=ran.end,
        versions={"torch": "2.13.0"},
    )


@pytest.fixture(scope="module")
def run() -> TrainingRun:
    return run_of(program(epochs=3))


def test_csv_has_every_number_whole(run):
    rows = list(csv.DictReader(io.StringIO(whole(run, "csv").decode())))
    assert [float(row["loss"]) for row in rows] == [point.loss for point in run.points]
    assert [float(row["gradient_norm/fc1.bias"]) for row in rows] == [point.layer_norms[1] for point in run.points]
    assert float(rows[-1]["validation_metric"]) == run.snapshots[-1].validation.metric


def test_json_is_plain_json(run):
    told = json.loads(whole(run, "json"))
    assert [point["loss"] for point in told["points"]] == [point.loss for point in run.points]
    assert told["request"]["code"] == run.request.code
    assert told["versions"] == {"torch": "2.13.0"}


def crc32c(data: bytes) -> int:
    """The checksum of TFRecord, bit by bit (polynomial 0x1EDC6F41, reflected), masked as the format asks."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(message: bytes):
    """The fields of a protobuf message: number, and value as bytes or whole number."""

    def varint(at):
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if not byte & 128:
                return value, at

    at = 0
    while at < len(message):
        key, at = varint(at)
        kind = key & 7
        if kind == 0:
            value, at = varint(at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if size is None:
                size, at = varint(at)
            value, at = message[at : at + size], at + size
        yield key >> 3, value


def test_tensorboards_file_is_framed_and_holds_what_was_measured(run):
    content, at, scalars, histograms = whole(run, "events"), 0, {}, 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        assert struct.unpack_from("<I", content, at + 8)[0] == crc32c(content[at : at + 8])
        message = content[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", content, at + 12 + length)[0] == crc32c(message)
        at += 12 + length + 4
        event = dict(fields(message))
        if 5 not in event:
            continue
        for value in (dict(fields(one)) for _, one in fields(event[5])):
            if 2 in value:
                scalars[value[1].decode(), event.get(2, 0)] = struct.unpack("<f", value[2])[0]
            else:
                histograms += 5 in value
    assert scalars["loss/batch", 3] == np.float32(run.points[2].loss)
    assert scalars["gradient_norm/head.bias", 1] == np.float32(run.points[0].layer_norms[-1])
    assert scalars["metric/validation", run.snapshots[-1].step] == np.float32(run.snapshots[-1].validation.metric)
    assert {step for name, step in scalars if name == "loss/batch"} == {point.step for point in run.points}
    assert histograms == 2 * len(run.start.parameters) * len(run.snapshots)


@pytest.mark.parametrize(
    ("code", "dataset", "more"),
    [
        (program(epochs=3, optimizer="Adam"), "moons", {}),
        (program("cnn", "digits", epochs=1, batch_size=500), "digits", {}),
        (program("text", "text", epochs=1, batch_size=700), "text", {}),
        (program("mlp", "moons", epochs=3), "table", {"table": TABLE, "target": "kind", "held_back": 0.3}),
        (program("linear", "line", epochs=3), "line", {}),
    ],
    ids=["moons", "digits", "text", "table", "line"],
)
def test_the_script_repeats_the_run_to_the_last_bit(code, dataset, more):
    """Executed by plain Python, which knows nothing of us."""
    told = run_of(code, dataset, **more)
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    names: dict[str, object] = {"__name__": "script"}
    exec(compile(whole(told, "script"), "script.py", "exec"), names)
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    random.setstate(states[2])
    assert names["loss"].item() == told.points[-1].loss
    norms = [one.grad.norm().item() for one in names["model"].parameters()]
    assert norms == pytest.approx(list(told.points[-1].layer_norms), rel=1e-6)
    assert b"explorer" not in whole(told, "script").replace(b"Autograd Explorer", b"")


def test_a_run_without_points_can_be_written():
    empty = TrainingRun(
        request=TrainingRequest(code="model = 1"), start=TrainingStart(parameters=(), parameter_count=0)
    )
    for name in FORMATS:
        assert whole(empty, name)
    assert json.loads(whole(empty, "json"))["points"] == []


def long_run(count: int) -> TrainingRun:
    """More than two pieces of points, some numbers not finite."""
    points = [
        TrainingPoint(
            step=step, loss="NaN" if step % 7 == 3 else 1 / step, gradient_norm="Infinity", layer_norms=(0.1, step / 3)
        )
        for step in range(1, count + 1)
    ]
    start = TrainingStart(parameters=("weight", "bias"), parameter_count=3)
    return TrainingRun(request=TrainingRequest(code='x = "points"'), start=start, points=Points(points))


def test_a_long_run_is_written_in_pieces_and_none_is_missing():
    run = long_run(2 * PIECE + 5)
    told = json.loads(whole(run, "json"))
    assert told.pop("points") == json.loads(encode(tuple(run.points)))
    assert told == json.loads(encode(TrainingRun(request=run.request, start=run.start)))
    rows = list(csv.reader(io.StringIO(whole(run, "csv").decode())))
    assert len(rows) == len(run.points) + 1
    assert rows[3] == ["3", "NaN", "Infinity", "0.0", "0.0", "0.1", "1.0", "", "", "", ""]
    assert rows[-1][:2] == [str(2 * PIECE + 5), repr(1 / (2 * PIECE + 5))]
    assert max(map(len, written(run, "csv"))) < 0.6 * len(whole(run, "csv"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_process_apart_writes_the_same(run, name, tmp_path):
    with (tmp_path / "file").open("w+b") as file:
        write_apart(run, name, file)
    content = (tmp_path / "file").read_bytes()
    if name == "events":  # the clock stands in it
        assert len(content) == len(whole(run, name))
    else:
        assert content == whole(run, name)


def test_a_file_that_takes_too_long_is_a_sentence(run, tmp_path):
    with (tmp_path / "file").open("w+b") as file, pytest.raises(ExportError, match="longer than 0 s"):
        write_apart(run, "csv", file, seconds=0.0)
    with (tmp_path / "file").open("w+b") as file, pytest.raises(ExportError, match="could not be written"):
        write_apart(run, "none", file)
