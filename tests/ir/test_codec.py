"""Records survive the wire, and the parent refuses what a child has no business to send."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ir import (
    BackwardCall,
    Edge,
    Gradient,
    Graph,
    IrError,
    Node,
    Op,
    Root,
    Run,
    RunRequest,
    Saved,
    Stats,
    Storage,
    Tensor,
    TensorMeta,
    decode_request,
    decode_run,
    decode_training_frame,
    encode,
    number,
)
from explorer.ir.codec import MAX_CELLS

META = TensorMeta(
    shape=(2,),
    stride=(1,),
    storage_offset=0,
    storage_id=0,
    storage_nbytes=8,
    dtype="float32",
    device="cpu",
    version=0,
    requires_grad=True,
    leaf=True,
    is_view=False,
    is_contiguous=True,
)
STATS = Stats(numel=2, norm=5.0, min=3.0, max=4.0, mean=3.5, std=0.5)


def a_run(**changes):
    graph = Graph(
        nodes=(
            Node(id=0, name="MulBackward0", kind="operation", slots=2, op=0, saved=(Saved(name="self", tensor=META),)),
            Node(id=1, name="AccumulateGrad", kind="leaf", variable="x", output=META, incoming=(None,)),
        ),
        edges=(
            Edge(
                source=0,
                slot=1,
                target=1,
                output_nr=0,
                gradient=Gradient(shape=(2,), dtype="float32", stats=STATS, value=[3.0, "NaN"]),
            ),
        ),
        roots=(Root(node=0, output_nr=0, name="z"),),
    )
    fields = {
        "status": "ok",
        "graph": graph,
        "ops": (Op(index=0, name="mul", text="x * w", line=1, inputs=(META,), outputs=(META,), grad_fn=0),),
        "tensors": (
            Tensor(
                name="x",
                value=[3.0, 4.0],
                value_stats=STATS,
                grad_fn=1,
                **{field: getattr(META, field) for field in META.__struct_fields__},
            ),
        ),
        "storages": (Storage(id=0, nbytes=8, device="cpu", dtype="float32", cells=[3.0, 4.0]),),
        "backward": 0,
        "backwards": (BackwardCall(index=0, line=2, value=1.5),),
    }
    return Run(**{**fields, **changes})


def test_a_run_survives_the_wire():
    assert decode_run(encode(a_run())) == a_run()


def test_equal_runs_are_the_same_bytes():
    assert encode(a_run()) == encode(a_run())


def test_the_wire_is_plain_json():
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert json.loads(encode(a_run()), parse_constant=refuse)["graph"]["edges"][0]["gradient"]["value"] == [3.0, "NaN"]


@given(st.floats())
def test_every_float_survives(value):
    back = float(number(value))
    assert back == value or (math.isnan(back) and math.isnan(value))


@given(st.text(), st.integers(-(2**53), 2**53), st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=64))
def test_every_request_survives(code, seed, gradient):
    request = RunRequest(code=code, seed=seed, gradient=gradient)
    assert decode_request(encode(request)) == request


NODE = a_run().graph.nodes[0]
LEAF = a_run().graph.nodes[1]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (a_run(graph=Graph(nodes=(LEAF,))), "node 0 has id 1"),
        (a_run(graph=Graph(nodes=(NODE,), edges=(Edge(source=0, slot=0, target=7, output_nr=0),))), "edge 0->7"),
        (a_run(graph=Graph(nodes=(NODE,), edges=(Edge(source=0, slot=0, target=0),))), "make a cycle: node 0"),
        (
            a_run(graph=Graph(nodes=(NODE, LEAF), edges=(Edge(source=0, slot=9, target=1, output_nr=0),))),
            "slot 9 of node 0",
        ),
        (
            a_run(
                graph=Graph(
                    nodes=(NODE, LEAF),
                    edges=tuple(Edge(source=0, slot=slot, target=1, output_nr=0) for slot in (1, 0)),
                )
            ),
            "not in order",
        ),
        (a_run(ops=()), "names op 0"),
        (a_run(graph=Graph()), "names node 0"),
        (a_run(backward=4), "backward 4"),
        (a_run(storages=(Storage(id=0, nbytes=8, device="cpu", dtype="float32", cells=[0] * (MAX_CELLS + 1)),)), "256"),
    ],
)
def test_a_run_that_contradicts_itself_is_refused(wrong, says):
    with pytest.raises(IrError, match=says):
        decode_run(encode(wrong))


@pytest.mark.parametrize(
    "value",
    [[[1] * 40] * 40, "x" * 65, {"a": 1}, [None], [[[[]]] * 3] * 300],
    ids=["too many", "long text", "an object", "null inside", "many empty lists"],
)
def test_a_value_that_is_no_small_tensor_is_refused(value):
    tensor = a_run().tensors[0]
    document = json.loads(encode(a_run()))
    document["tensors"][0]["value"] = value
    with pytest.raises(IrError, match=f"value of {tensor.name}"):
        decode_run(json.dumps(document).encode())


@pytest.mark.parametrize(
    "message",
    [b"", b"garbage", b"[]", b"{}", b'{"status":"fine"}', b'{"status":"ok","line":"3"}', b"\xff\xfe", b"[" * 100_000],
)
def test_garbage_is_refused_with_a_sentence(message):
    with pytest.raises(IrError, match=r"\w"):
        decode_run(message)


def test_a_deep_value_does_not_overflow_the_stack():
    deep = b'{"status":"ok","graph":{"roots":[{"node":0,"output_nr":0,"name":"z","value":' + b"[" * 5000 + b"]" * 5000
    with pytest.raises(IrError):
        decode_run(deep + b"}]}}")


def test_training_frames_are_told_apart_by_their_tag():
    assert decode_training_frame(b'{"type":"end","status":"ok"}').status == "ok"
    with pytest.raises(IrError):
        decode_training_frame(b'{"type":"run","status":"ok"}')
