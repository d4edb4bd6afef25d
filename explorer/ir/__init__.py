"""The records that everything passes through: frozen, typed, serialisable. They import neither torch nor streamlit."""

from explorer.ir.codec import (
    IrError,
    decode_hello,
    decode_order,
    decode_request,
    decode_run,
    decode_training_frame,
    decode_training_request,
    encode,
)
from explorer.ir.frames import FrameError, read_frame, write_frame
from explorer.ir.graph import Edge, Gradient, Graph, Node, NodeKind, Root, Saved
from explorer.ir.layout import Box, BoxKind, Frame, Layout, Wire
from explorer.ir.record import Nested, NonFinite, Number, Record, number
from explorer.ir.run import SCHEMA_VERSION, BackwardCall, Input, Op, Run, RunRequest, Sentence, Status
from explorer.ir.tensors import PREVIEW_ELEMENTS, Stats, Storage, Tensor, TensorMeta
from explorer.ir.training import (
    OptimizerName,
    TrainingEnd,
    TrainingFrame,
    TrainingPoint,
    TrainingPoints,
    TrainingRequest,
    TrainingStart,
)
from explorer.ir.wall import Hello, Layer, Limits, Order, Wall

__all__ = [
    "PREVIEW_ELEMENTS",
    "SCHEMA_VERSION",
    "BackwardCall",
    "Box",
    "BoxKind",
    "Edge",
    "Frame",
    "FrameError",
    "Gradient",
    "Graph",
    "Hello",
    "Input",
    "IrError",
    "Layer",
    "Layout",
    "Limits",
    "Nested",
    "Node",
    "NodeKind",
    "NonFinite",
    "Number",
    "Op",
    "OptimizerName",
    "Order",
    "Record",
    "Root",
    "Run",
    "RunRequest",
    "Saved",
    "Sentence",
    "Stats",
    "Status",
    "Storage",
    "Tensor",
    "TensorMeta",
    "TrainingEnd",
    "TrainingFrame",
    "TrainingPoint",
    "TrainingPoints",
    "TrainingRequest",
    "TrainingStart",
    "Wall",
    "Wire",
    "decode_hello",
    "decode_order",
    "decode_request",
    "decode_run",
    "decode_training_frame",
    "decode_training_request",
    "encode",
    "number",
    "read_frame",
    "write_frame",
]
