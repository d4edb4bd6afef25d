"""The one decoder between the two sides of the process wall.

A child that ran typed code is not trusted: what it sends is bytes, read as JSON against the record types, then checked
for what types cannot say (ids in range, edges that exist, small previews). Nothing else crosses, and never pickle.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from explorer.ir.collector import put_off
from explorer.ir.files import File, FileAnswer, FileRequest
from explorer.ir.graph import Gradient, Graph, Node, Saved
from explorer.ir.hub import MOST_ENTRIES_OF_HUB, HubAnswer, HubRequest
from explorer.ir.look import Look, LookRequest
from explorer.ir.record import Nested
from explorer.ir.run import Run, RunRequest
from explorer.ir.study import (
    MOST_KEYS,
    MOST_PIXELS,
    InferenceAnswer,
    InferenceRequest,
    Picture,
    StaticAnswer,
    StaticRequest,
)
from explorer.ir.tensors import PREVIEW_ELEMENTS, Storage, Tensor
from explorer.ir.training import (
    Predictions,
    Spread,
    Steer,
    TrainingFrame,
    TrainingRequest,
    TrainingSnapshot,
    TrainingSurface,
)
from explorer.ir.wall import Hello, Order

MAX_BYTES = 256 * 2**20
"""A message longer than this is not read."""

MAX_CELLS = 256
"""Elements of a storage that a record may carry."""

BINS = 24
"""Bins of a histogram."""

_MAX_DEPTH = 64


class IrError(ValueError):
    """A message that is not what it claims to be. The text says where, and is meant for a log."""


_encoder = msgspec.json.Encoder()
_run_decoder = msgspec.json.Decoder(Run)
_request_decoder = msgspec.json.Decoder(RunRequest)
_training_request_decoder = msgspec.json.Decoder(TrainingRequest)
_frame_decoder: msgspec.json.Decoder[TrainingFrame] = msgspec.json.Decoder(TrainingFrame)
_look_request_decoder = msgspec.json.Decoder(LookRequest)
_look_decoder = msgspec.json.Decoder(Look)
_file_request_decoder = msgspec.json.Decoder(FileRequest)
_file_answer_decoder = msgspec.json.Decoder(FileAnswer)
_inference_request_decoder = msgspec.json.Decoder(InferenceRequest)
_inference_answer_decoder = msgspec.json.Decoder(InferenceAnswer)
_static_request_decoder = msgspec.json.Decoder(StaticRequest)
_static_answer_decoder = msgspec.json.Decoder(StaticAnswer)
_hub_request_decoder = msgspec.json.Decoder(HubRequest)
_hub_answer_decoder = msgspec.json.Decoder(HubAnswer)
_steer_decoder = msgspec.json.Decoder(Steer)
_order_decoder = msgspec.json.Decoder(Order)
_hello_decoder = msgspec.json.Decoder(Hello)


def encode(record: Any) -> bytes:
    """Write a record as JSON: the same bytes for equal records."""
    return _encoder.encode(record)


@put_off()
def decode_run(message: bytes) -> Run:
    """Read a `Run` and check it.

    Raises:
        IrError: it is not a run, or it contradicts itself.
    """
    run: Run = _decode(_run_decoder, message)
    check_run(run)
    return run


def decode_request(message: bytes) -> RunRequest:
    """Read a `RunRequest`; raises `IrError`."""
    request: RunRequest = _decode(_request_decoder, message)
    for given in request.inputs:
        _check_nested(given.value, PREVIEW_ELEMENTS, f"input {given.name}")
    _check_nested(request.gradient, PREVIEW_ELEMENTS, "gradient")
    return request


def decode_training_request(message: bytes) -> TrainingRequest:
    """Read a `TrainingRequest`; raises `IrError`."""
    request: TrainingRequest = _decode(_training_request_decoder, message)
    return request


def decode_training_frame(message: bytes) -> TrainingFrame:
    """Read one message of a training child and check it; raises `IrError`."""
    frame: TrainingFrame = _decode(_frame_decoder, message)
    if isinstance(frame, TrainingSnapshot):
        _check_snapshot(frame)
    elif isinstance(frame, TrainingSurface):
        _require(len(frame.names) == len(frame.low) == len(frame.high) == 2, "a surface over other than two numbers")
        _require(len(frame.losses) == 4 * frame.width * frame.height, "a surface of another size")
    return frame


def decode_look_request(message: bytes) -> LookRequest:
    """Read a `LookRequest`; raises `IrError`."""
    request: LookRequest = _decode(_look_request_decoder, message)
    return request


def decode_look(message: bytes) -> Look:
    """Read a `Look` and check it; raises `IrError`."""
    look: Look = _decode(_look_decoder, message)
    for moment in look.moments:
        for tensor in moment.tensors:
            _check_tensor(tensor, 0)
        for storage in moment.storages:
            _check_storage(storage)
    dims = [one for step in look.steps for one in (*step.inputs, step.output) if one is not None]
    for one in (*dims, *look.roots):
        _require(len(one.shape) == len(one.names), f"{len(one.names)} names for {len(one.shape)} dimensions")
        _check_nested(one.value, PREVIEW_ELEMENTS, "value of a step")
    return look


def _check_snapshot(snapshot: TrainingSnapshot) -> None:
    for layer in snapshot.layers:
        _check_spread(layer.weight)
        _check_spread(layer.gradient)
    for activation in snapshot.activations:
        _check_spread(activation.spread)
    if snapshot.predictions is not None:
        _check_predictions(snapshot.predictions)


def _check_spread(spread: Spread | None) -> None:
    if spread is not None:
        _require(len(spread.counts) in (0, BINS), f"a histogram of {len(spread.counts)} bins")


def _check_predictions(said: Predictions) -> None:
    cells = said.width * said.height
    sizes = {"grid": (cells, 4 * cells), "curve": (4 * cells,), "confusion": (4 * cells,), "pairs": (4 * cells,)}
    _require(len(said.values) in sizes.get(said.form, (0,)), f"predictions of {len(said.values)} bytes")
    _require(len(said.certain) in (0, cells), f"certainties of {len(said.certain)} bytes")
    ends = {"grid": 2, "curve": 1}.get(said.form, 0)
    _require(len(said.low) == len(said.high) == ends, "predictions over other axes")


def decode_steer(message: bytes) -> Steer:
    """Read what a person tells a run that goes on; raises `IrError`."""
    steer: Steer = _decode(_steer_decoder, message)
    return steer


def decode_file_request(message: bytes) -> FileRequest:
    """Read a `FileRequest`; raises `IrError`."""
    request: FileRequest = _decode(_file_request_decoder, message)
    return request


def decode_file_answer(message: bytes) -> FileAnswer:
    """Read a `FileAnswer` and check it; raises `IrError`."""
    answer: FileAnswer = _decode(_file_answer_decoder, message)
    for entry in answer.entries:
        _check_nested(entry.value, PREVIEW_ELEMENTS, "value of an entry")
        _require(entry.nbytes >= 0 and all(size >= 0 for size in entry.shape), "an entry of negative size")
    for file in (answer.read, *answer.written):
        if file is not None:
            _check_file(file)
    return answer


def _check_file(file: File) -> None:
    end = 0
    for span in file.spans:
        _require(end <= span.start <= span.end <= file.nbytes, f"span {span.start}..{span.end} of {file.nbytes} bytes")
        end = span.end
    for read in file.reads:
        _require(0 <= read.start <= read.end <= file.nbytes, f"read {read.start}..{read.end} of {file.nbytes} bytes")


def decode_inference_request(message: bytes) -> InferenceRequest:
    """Read an `InferenceRequest`; raises `IrError`."""
    request: InferenceRequest = _decode(_inference_request_decoder, message)
    return request


def decode_inference_answer(message: bytes) -> InferenceAnswer:
    """Read an `InferenceAnswer` and check it; raises `IrError`."""
    answer: InferenceAnswer = _decode(_inference_answer_decoder, message)
    for stage in answer.stages:
        _check_picture(stage.picture)
    for said in answer.said:
        if said.picture is not None:
            _check_picture(said.picture)
        _require(len(said.top) <= 5, f"{len(said.top)} guesses")
    if answer.loading is not None:
        told = (answer.loading.missing, answer.loading.unexpected, answer.loading.misshapen)
        _require(all(len(names) <= MOST_KEYS for names in told), "more names than are told of")
    return answer


def _check_picture(picture: Picture) -> None:
    size = picture.width * picture.height
    _require(min(picture.width, picture.height) > 0 and size <= MOST_PIXELS, f"a picture of {size} pixels")
    _require(len(picture.pixels) == 3 * size, f"{len(picture.pixels)} bytes for {size} pixels")


def decode_static_request(message: bytes) -> StaticRequest:
    """Read a `StaticRequest`; raises `IrError`."""
    request: StaticRequest = _decode(_static_request_decoder, message)
    return request


def decode_static_answer(message: bytes) -> StaticAnswer:
    """Read a `StaticAnswer` and check it; raises `IrError`."""
    answer: StaticAnswer = _decode(_static_answer_decoder, message)
    for way in answer.ways:
        for value in way.results:
            _check_nested(value, PREVIEW_ELEMENTS, "a result")
    return answer


def decode_hub_request(message: bytes) -> HubRequest:
    """Read a `HubRequest`; raises `IrError`."""
    request: HubRequest = _decode(_hub_request_decoder, message)
    return request


def decode_hub_answer(message: bytes) -> HubAnswer:
    """Read a `HubAnswer` and check it; raises `IrError`."""
    answer: HubAnswer = _decode(_hub_answer_decoder, message)
    _require(len(answer.entries) <= MOST_ENTRIES_OF_HUB, f"{len(answer.entries)} entrypoints")
    return answer


def decode_order(message: bytes) -> Order:
    """Read the order that comes before a request; raises `IrError`."""
    order: Order = _decode(_order_decoder, message)
    return order


def decode_hello(message: bytes) -> Hello:
    """Read what a worker says when it is ready; raises `IrError`."""
    hello: Hello = _decode(_hello_decoder, message)
    return hello


def _decode(decoder: msgspec.json.Decoder[Any], message: bytes) -> Any:
    if len(message) > MAX_BYTES:
        raise IrError(f"a message of {len(message)} bytes is over the limit of {MAX_BYTES}")
    try:
        return decoder.decode(message)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise IrError(str(problem)) from problem


def check_run(run: Run) -> None:
    """Check what the types of a `Run` cannot say; raises `IrError`."""
    _check_graph(run.graph, len(run.ops))
    nodes = len(run.graph.nodes)
    for index, op in enumerate(run.ops):
        if op.index != index:
            raise IrError(f"op {index} has index {op.index}")
        if op.grad_fn is not None and not 0 <= op.grad_fn < nodes:
            raise IrError(f"op {index} names node {op.grad_fn}")
        if op.within is not None and not 0 <= op.within < len(run.calls):
            raise IrError(f"op {index} names module call {op.within}")
        if op.operators and not (min(op.operators) >= 0 and max(op.operators) < len(run.operators)):
            raise IrError(f"op {index} names operators {op.operators}")
    for index, entered in enumerate(run.calls):
        _require(entered.outer is None or 0 <= entered.outer < index, f"module call {index} is in {entered.outer}")
    for tensor in run.tensors:
        _check_tensor(tensor, nodes)
    for storage in run.storages:
        _check_storage(storage)
    calls = len(run.backwards)
    _require(run.backward is None or 0 <= run.backward < calls, f"backward {run.backward} of {calls}")
    for index, call in enumerate(run.backwards):
        _require(call.index == index, f"backward call {index} has index {call.index}")
        _check_nested(call.value, 1, "backward value")
    for given in run.inputs:
        _check_nested(given.value, PREVIEW_ELEMENTS, f"input {given.name}")
    _check_evidence(run)


def _check_evidence(run: Run) -> None:
    if run.times is not None:
        _require(len(run.times.forward) in (0, len(run.ops)), f"{len(run.times.forward)} forward times")
        _require(len(run.times.backward) in (0, len(run.graph.nodes)), f"{len(run.times.backward)} backward times")
    if run.check is not None:
        _require(0 <= run.check.op < len(run.ops), f"check of op {run.check.op}")
        for checked in run.check.inputs:
            _check_nested(checked.autograd, PREVIEW_ELEMENTS, "checked derivative")
            _check_nested(checked.numeric, PREVIEW_ELEMENTS, "finite difference")


def _check_graph(graph: Graph, ops: int) -> None:
    nodes, count = graph.nodes, len(graph.nodes)
    for index, node in enumerate(nodes):
        if node.id != index:
            raise IrError(f"node {index} has id {node.id}")
        _check_node(node, ops)
    before = (-1, -1)
    for edge in graph.edges:
        here = (edge.source, edge.slot)
        if not (0 <= edge.source < count and 0 <= edge.target < count):
            raise IrError(f"edge {edge.source}->{edge.target} of {count}")
        if not 0 <= edge.slot < nodes[edge.source].slots or edge.output_nr < 0:
            raise IrError(f"slot {edge.slot} of node {edge.source}, output_nr {edge.output_nr}")
        if not before < here:
            raise IrError("edges are not in order of source and slot")
        before = here
        _check_gradient(edge.gradient)
    _check_acyclic(graph)
    for root in graph.roots:
        _require(0 <= root.node < count, f"root {root.node} of {count}")
        _check_nested(root.value, PREVIEW_ELEMENTS, "root value")


def _check_acyclic(graph: Graph) -> None:
    """Take away nodes that lead to nothing that is left, until none is; what stays leads back to itself.

    Where each node was made after those that it leads to, none does.
    """
    made = [-1 if node.sequence_nr is None else node.sequence_nr for node in graph.nodes]
    if all(made[edge.source] > made[edge.target] for edge in graph.edges):
        return
    users: list[list[int]] = [[] for _ in graph.nodes]
    waiting = [0] * len(graph.nodes)
    for edge in graph.edges:
        users[edge.target].append(edge.source)
        waiting[edge.source] += 1
    done = [node for node, count in enumerate(waiting) if not count]
    for node in done:
        for user in users[node]:
            waiting[user] -= 1
            if not waiting[user]:
                done.append(user)
    if len(done) < len(waiting):
        where = next(node for node, count in enumerate(waiting) if count)
        raise IrError(f"the edges of the graph make a cycle: node {where} leads to itself, or to nodes that do")


def _check_node(node: Node, ops: int) -> None:
    if node.op is not None and not 0 <= node.op < ops:
        raise IrError(f"node {node.id} names op {node.op}")
    for saved in node.saved:
        _check_saved(saved)
    for gradient in node.incoming:
        _check_gradient(gradient)
    _check_gradient(node.gradient_x_input)
    for derivative in node.local:
        _check_nested(derivative, PREVIEW_ELEMENTS, f"local derivative of node {node.id}")


def _check_saved(saved: Saved) -> None:
    if saved.nbytes < 0:
        raise IrError(f"saved {saved.name} of {saved.nbytes} bytes")
    if saved.value is not None:
        _check_nested(saved.value, PREVIEW_ELEMENTS, f"saved {saved.name}")


def _check_gradient(gradient: Gradient | None) -> None:
    if gradient is not None and gradient.value is not None:
        _check_nested(gradient.value, PREVIEW_ELEMENTS, "gradient")


def _check_tensor(tensor: Tensor, nodes: int) -> None:
    if tensor.grad_fn is not None and not 0 <= tensor.grad_fn < nodes:
        raise IrError(f"tensor {tensor.name} names node {tensor.grad_fn}")
    _check_nested(tensor.value, PREVIEW_ELEMENTS, f"value of {tensor.name}")
    _check_nested(tensor.grad, PREVIEW_ELEMENTS, f"grad of {tensor.name}")


def _check_storage(storage: Storage) -> None:
    _check_nested(storage.cells, MAX_CELLS, f"cells of storage {storage.id}")


_PARTS = frozenset({int, float, bool, str, list})
_ONLY_LISTS = frozenset({list})


def _check_nested(value: Nested, elements: int, where: str) -> None:
    """Accept numbers and short strings in lists of lists, `elements` of them at most; walk without recursion, a depth at a time."""
    level, left, depth = [] if value is None else [value], elements, 0
    while level:
        kinds = set(map(type, level))
        lists = level
        if kinds != _ONLY_LISTS:
            if not kinds <= _PARTS:
                raise IrError(f"{where} holds {', '.join(sorted(kind.__name__ for kind in kinds - _PARTS))}")
            if str in kinds:
                _require(all(len(item) <= 64 for item in level if type(item) is str), f"{where} holds a long text")
            lists = [item for item in level if type(item) is list] if list in kinds else []
            left -= len(level) - len(lists)
        if left < 0 or (lists and max(map(len, lists)) > elements):
            raise IrError(f"{where} has more than {elements} elements")
        if not lists:
            return
        depth += 1
        if depth > _MAX_DEPTH:
            raise IrError(f"{where} is nested too deeply")
        level = list(chain.from_iterable(lists))


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise IrError(problem)
