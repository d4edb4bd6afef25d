"""docs/json.md names every field of every record that a run is made of."""

import re
from pathlib import Path

import msgspec
import pytest

from explorer import ir

DOCUMENT = (Path(__file__).parents[2] / "docs/json.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(\w+)(?:\[\])?`", DOCUMENT))
RECORDS = [
    ir.Run,
    ir.Node,
    ir.Edge,
    ir.Gradient,
    ir.Root,
    ir.Saved,
    ir.Tensor,
    ir.Stats,
    ir.Storage,
    ir.Op,
    ir.BackwardCall,
    ir.Call,
    ir.Memory,
    ir.Weight,
    ir.Saving,
    ir.Times,
    ir.Verification,
    ir.Input,
    ir.Comparison,
    ir.Pair,
    ir.Change,
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_documented(record):
    missing = {field.encode_name for field in msgspec.structs.fields(record)} - NAMED
    assert not missing
