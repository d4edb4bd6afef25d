"""The blob that goes to the browser: what was put in comes out, in few bytes."""

from __future__ import annotations

import json
import struct
from array import array
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from samples import run

from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Box, Edge, Frame, Graph, Layout, Node, Run, Wire
from explorer.viewer import scene
from explorer.viewer.columns import LONGEST_TEXT
from explorer.words import LANGUAGES, catalogue

CODES = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "f32": "f"}


def unpack(blob: bytes, magic: bytes) -> tuple[dict[str, Any], dict[str, list[float]], bytes]:
    """Header, columns and what follows them, by the description in `explorer.viewer.columns` alone."""
    assert blob[:4] == magic
    (length,) = struct.unpack("<I", blob[4:8])
    header = json.loads(blob[8 : 8 + length])
    start = 8 + length
    assert start % 8 == 0
    columns, end = {}, 0
    for column in header["columns"]:
        numbers = array(CODES[column["type"]])
        size = numbers.itemsize * column["count"]
        assert column["at"] % 8 == 0
        numbers.frombytes(blob[start + column["at"] : start + column["at"] + size])
        columns[column["name"]] = [number * column["scale"] for number in numbers] * column["times"]
        end = max(end, column["at"] + size + -size % 8)
    return header, columns, blob[start + end :]


def read(blob: bytes) -> tuple[dict[str, Any], dict[str, list[float]], list[dict[str, Any]]]:
    """Header, columns and details of a drawing with all that it carries, by the description in `explorer.viewer.scene` alone."""
    header, columns, rest = unpack(blob, b"AXS1")
    if header["known"]:
        about, nodes, _ = unpack(rest[: header["known"]], b"AXK1")
        for column in header["columns"]:
            if column["texts"]:  # a drawing's own texts follow those of its run
                columns[column["name"]] = [place + len(about["texts"]) for place in columns[column["name"]]]
        header = about | header | {"texts": about["texts"] + header["texts"]}
        columns = nodes | columns
    ends = [int(end) for end in columns["detail_end"]]
    details = rest[header["known"] :]
    slices = [json.loads(details[low:high]) for low, high in zip([0, *ends], ends, strict=False)]
    return header, columns, slices


lengths = st.floats(-(2**20), 2**20, width=32)
texts = st.text(max_size=40)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    boxes = draw(
        st.lists(
            st.builds(
                Box, id=texts, kind=st.sampled_from(["leaf", "operation"]), title=texts, subtitle=texts,
                node=st.integers(0, 2), x=lengths, y=lengths, width=st.floats(0, 400), height=st.floats(0, 99),
            ),
            min_size=1,
            max_size=5,
        )
    )  # fmt: skip
    ends = st.integers(0, len(boxes) - 1)
    points = st.lists(st.tuples(lengths, lengths), min_size=2, max_size=5).map(tuple)
    wires = draw(st.lists(st.builds(Wire, source=ends, target=ends, points=points), max_size=4))
    return Layout(boxes=tuple(boxes), wires=tuple(wires), width=draw(st.floats(0, 1e6)), height=10)


@given(layouts())
def test_what_was_drawn_comes_back_to_a_quarter_px(layout: Layout) -> None:
    nodes = tuple(Node(id=number, name=f"Node{number}", kind="operation") for number in range(3))
    header, columns, slices = read(scene.encode(Run(status="ok", graph=Graph(nodes=nodes)), layout))
    for at, box in enumerate(layout.boxes):
        assert abs(columns["box_x"][at] - box.x) <= 0.125
        assert abs(columns["box_y"][at] - box.y) <= 0.125
        assert header["texts"][int(columns["box_title"][at])] == box.title
        assert header["kinds"][int(columns["box_kind"][at])] == box.kind
        assert slices[int(columns["box_detail"][at])]["node"] == box.node
    at = 0
    for number, wire in enumerate(layout.wires):
        source = layout.boxes[wire.source]
        x, y = (round(place * 4) / 4 for place in (source.x, source.y))
        assert columns["wire_points"][number] == len(wire.points)
        for point in wire.points:
            x, y = x + columns["point_x"][at], y + columns["point_y"][at]
            assert abs(x - point[0]) <= 0.125
            assert abs(y - point[1]) <= 0.125
            at += 1


def test_equal_runs_give_equal_bytes() -> None:
    code = "x = torch.tensor(2.0, requires_grad=True)\n(x ** 3).backward()"
    once, again = (read_layout(run(code)) for _ in range(2))
    assert once == again


def read_layout(captured: Run) -> bytes:
    layout = Layout(boxes=(Box(id="n0", kind="operation", title="x ** 3", node=0),))
    return scene.encode(replace(captured, times=None), layout)  # times are what differs between equal runs


def test_ten_thousand_boxes_take_under_half_a_megabyte_without_their_details() -> None:
    count = 10_000
    nodes = tuple(
        Node(id=at, name=f"Kind{at % 40}Backward0", kind="operation", line=at % 200 + 1) for at in range(count)
    )
    boxes = tuple(
        Box(id=f"n{at}", kind="operation", title=f"op {at % 97}", subtitle=nodes[at].name, node=at,
            x=at % 7 * 150.3, y=at * 11.7, width=120, height=44)
        for at in range(count)
    )  # fmt: skip
    wires = tuple(
        Wire(
            source=at, target=at + 1, points=((boxes[at].x, boxes[at].y + 22), (boxes[at + 1].x, boxes[at + 1].y - 22))
        )
        for at in range(count - 1)
    )
    layout = Layout(boxes=boxes, wires=wires, width=1100, height=count * 11.7)
    blob = scene.encode(Run(status="ok", graph=Graph(nodes=nodes)), layout)
    _, columns, _ = read(blob)
    assert len(blob) - columns["detail_end"][-1] < 500_000


def test_a_frame_sums_up_its_nodes() -> None:
    nodes = tuple(Node(id=at, name="AddBackward0", kind="operation") for at in range(3))
    boxes = (
        Box(id="n0", kind="operation", title="inside", node=0, x=50, y=50, width=40, height=20),
        Box(id="m:a#0", kind="module", title="folded", module="a", nodes=(1,), x=50, y=80, width=40, height=20),
        Box(id="n2", kind="operation", title="outside", node=2, x=50, y=300, width=40, height=20),
    )
    frame = Frame(module="model", call=0, title="model", depth=0, nodes=(0, 1), x=50, y=60, width=100, height=120)
    _, columns, slices = read(
        scene.encode(Run(status="ok", graph=Graph(nodes=nodes)), Layout(boxes=boxes, frames=(frame,)))
    )
    assert slices[int(columns["frame_detail"][0])]["nodes"] == 2


def test_long_texts_are_cut_before_they_are_sent() -> None:
    boxes = (Box(id="n0", kind="operation", title="가" * 1_000_000, node=0),)
    graph = Graph(nodes=(Node(id=0, name="AddBackward0", kind="operation"),))
    blob = scene.encode(Run(status="ok", graph=graph), Layout(boxes=boxes))
    header, columns, _ = read(blob)
    title = header["texts"][int(columns["box_title"][0])]
    assert len(title) == LONGEST_TEXT
    assert title.endswith("…")
    assert len(blob) < 40_000


def test_every_text_of_the_viewer_is_sent_in_the_language_asked_for() -> None:
    for language in LANGUAGES:
        header, _, _ = read(scene.encode(Run(status="ok"), Layout(), language))
        wanted = {
            key.removeprefix("viewer."): text[language]
            for key, text in catalogue().items()
            if key.startswith("viewer.")
        }
        assert header["words"] == wanted


def test_a_name_of_a_megabyte_is_cut_in_the_inspector() -> None:
    long = "<b>" + "x" * 1_000_000
    nodes = (
        Node(id=0, name="SinBackward0", kind="operation"),
        Node(id=1, name="torch::autograd::AccumulateGrad", kind="leaf", variable=long),
    )
    broken = Run(status="ok", code="x", graph=Graph(nodes=nodes, edges=(Edge(source=0, slot=0, target=1),)))
    drawn = lay_out(compose(broken.graph, broken.ops))
    *_, slices = read(scene.encode(broken, drawn))
    (name,) = {one["variable"] for one in slices if one["kind"] == "leaf"}
    assert long.startswith(name.removesuffix("…"))
    assert len(name) < 1_000
    assert max(len(json.dumps(one)) for one in slices) < 3_000
