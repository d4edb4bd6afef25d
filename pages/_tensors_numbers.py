"""Numbers & devices: the bits of a float, where two dtypes meet, every dtype, and what crosses between CPU and GPU."""

from __future__ import annotations

import streamlit as st

from explorer.ir import RunRequest
from explorer.runner import EngineError, shared_engine
from explorer.viewer.numbers import dtype_table_view, float_bits_view, memories_view, promotion_view
from pages._said import show_printed, show_title
from pages._session import attempt, devices, language, words

_ASK = """\
print(torch.cuda.is_available(), torch.cuda.device_count())
for index in range(torch.cuda.device_count()):
    found = torch.cuda.get_device_properties(index)
    print(torch.cuda.get_device_name(index), found.total_memory // 2**20, "MiB,", torch.cuda.memory_allocated(index), "bytes in use")"""


def draw() -> None:
    """Four parts under one another; everything but asking a device happens in the browser."""
    left, right = st.columns(2, gap="large")
    with left:
        _part("bits")
        float_bits_view(key="numbers.bits", language=language())
    with right:
        _part("memory")
        st.text(_device_note())
        _ask_device()
        memories_view(key="numbers.memories", language=language())
    _part("pairs")
    promotion_view(key="numbers.pairs", language=language())
    _part("table")
    dtype_table_view(key="numbers.table", language=language())


def _part(name: str) -> None:
    show_title(words(f"numbers.title.{name}"), key=name)
    st.text(words(f"numbers.lead.{name}"))


def _device_note() -> str:
    try:
        hosted = shared_engine().settings.mode == "hosted"
    except EngineError:
        hosted = False
    if hosted:
        return words("numbers.device.hosted")
    cuda = [name for name in devices() if name != "cpu"]
    return words("numbers.device.some", devices=", ".join(cuda)) if cuda else words("numbers.device.none")


def _ask_device() -> None:
    """Where there is a CUDA device: its name and memory, as torch tells them to a worker of ours."""
    cuda = [name for name in devices() if name != "cpu"]
    if cuda and st.button(words("numbers.device.ask"), key="numbers.ask"):
        show_printed(attempt(RunRequest(code=_ASK, device=cuda[0])).stdout)
