"""The self-test tells the truth: a wall with a layer left out is reported with what got through."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from explorer.ir import Wall

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's walls are Linux")

JUDGE = """
import sys
from dataclasses import replace
from explorer.ir import encode
from explorer.worker import jail, selftest
left_out = sys.argv[1:]
if left_out:
    del selftest.FORBIDDEN[selftest.TOGETHER]["use more CPU time"]  # a second each; once is enough
prepared = jail.prepare()
layers = {name: put_up for name, put_up in prepared.layers.items() if name not in left_out}
weak = replace(prepared, layers=layers, missing={name: "left out" for name in left_out})
sys.stdout.buffer.write(encode(selftest.begin(weak).finish()))
"""


def judge(*left_out: str) -> Wall:
    root = Path(__file__).parents[2]
    # An empty environment: ldconfig is not on the path, and the library for seccomp must be found all the same.
    done = subprocess.run([sys.executable, "-c", JUDGE, *left_out], capture_output=True, check=True, cwd=root, env={})
    return msgspec.json.decode(done.stdout, type=Wall)


def test_all_layers():
    wall = judge()
    assert (wall.level, wall.escaped) == ("full", ())
    assert [(layer.name, layer.held) for layer in wall.layers] == [
        ("limits", True),
        ("privileges", True),
        ("landlock", True),
        ("seccomp", True),
    ]


def test_without_landlock_the_filter_alone_keeps_every_promise():
    wall = judge("landlock")
    assert (wall.level, wall.escaped) == ("full", ())
    assert [layer.detail for layer in wall.layers if not layer.held] == ["left out"]


def test_without_the_filter_it_is_not_full():
    wall = judge("seccomp")
    assert wall.level == "partial"
    assert {"open a socket", "look up a path", "read the machine's name"} <= set(wall.escaped)
    assert "open a file for reading" not in wall.escaped  # Landlock refuses that


def test_without_both_files_are_open():
    assert {"open a file for reading", "open a file for writing", "run a program"} <= set(
        judge("seccomp", "landlock").escaped
    )
