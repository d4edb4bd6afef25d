"""Lines and columns of the user's files and cells: what Python itself says of them is the oracle."""

from __future__ import annotations

import functools
import importlib.util
import linecache
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import explorer
from explorer import TraceOptions

ROOT = Path(__file__).parents[2]


def cell(number: int, code: str, namespace: dict[str, Any]) -> None:
    """Run a notebook's cell as IPython does: under a name of its own, its text known to linecache."""
    name = f"<ipython-input-{number}-0123456789ab>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    exec(compile(code, name, "exec"), namespace)


def module_from(file: Path, code: str) -> types.ModuleType:
    file.write_text(code)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(run: explorer.Run, index: int) -> str:
    """The piece of the listing that a call's line and columns cut out."""
    op = run.ops[index]
    assert op.line == op.end_line
    return run.code.split("\n")[op.line - 1][op.column : op.end_column]


def test_a_cell() -> None:
    namespace: dict[str, Any] = {}
    cell(3, "import torch, explorer\n\ndef f(x):\n    y = x * 2; 'é'; z = y.sin()\n    return z.sum()\n", namespace)
    cell(4, "x = torch.ones(3, requires_grad=True)\nrun = explorer.trace(f, x)", namespace)
    run = namespace["run"]
    assert [(op.text, op.line) for op in run.ops] == [("x * 2", 4), ("y.sin()", 4), ("z.sum()", 5)]
    assert [shown(run, at) for at in range(3)] == ["x * 2", "y.sin()", "z.sum()"]
    assert run.code.startswith("import torch, explorer\n\ndef f(x):")
    assert [node.line for node in run.graph.nodes if node.kind != "leaf"] == [5, 4, 4]
    assert [node.variable for node in run.graph.nodes if node.kind == "leaf"] == ["x"]


def test_classes_of_several_cells_make_one_listing() -> None:
    namespace: dict[str, Any] = {}
    cell(
        1,
        "import torch, explorer\nfrom torch import nn\nclass Scale(nn.Module):\n    def forward(self, x):\n        return x / 2",
        namespace,
    )
    cell(
        2,
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.scale = Scale()\n    def forward(self, x):\n        return self.scale(x.exp())",
        namespace,
    )
    cell(3, "net = Net()\nrun = explorer.trace(net, torch.ones(2, requires_grad=True))", namespace)
    run = namespace["run"]
    assert [(op.name, op.line, op.module) for op in run.ops] == [("exp", 6, "net"), ("div", 13, "net.scale")]
    assert [shown(run, at) for at in range(2)] == ["x.exp()", "x / 2"]
    assert "ipython-input-1" in run.code.split("\n")[7]


def test_a_file_keeps_its_line_numbers(tmp_path: Path) -> None:
    module = module_from(
        tmp_path / "my_model.py",
        "# one\n# two\ndef f(x):\n    return helper(\n        x + 1\n    )\n\ndef helper(x):\n    return x.cos()\n",
    )
    run = explorer.trace(module.f, torch.ones(2, requires_grad=True))
    assert [(op.text, op.line) for op in run.ops] == [("x + 1", 5), ("x.cos()", 9)]
    assert run.code.splitlines()[8] == "    return x.cos()"


def test_torchs_own_frames_are_not_the_users() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.GELU())
    run = explorer.trace(net, torch.ones(1, 2))
    assert {op.line for op in run.ops} == {None}
    assert run.code == ""
    run = explorer.trace(lambda x: net(x) * 2, torch.ones(1, 2))
    here = Path(__file__).read_text().split("\n")
    assert {here[op.line - 1].strip() for op in run.ops} == {
        "run = explorer.trace(lambda x: net(x) * 2, torch.ones(1, 2))"
    }
    assert [op.text for op in run.ops] == ["net(x)", "net(x)", "net(x) * 2"]


def test_a_partial_a_method_and_a_callable_object() -> None:
    class Model:
        def __init__(self) -> None:
            self.w = torch.ones(2, requires_grad=True)

        def __call__(self, x: torch.Tensor) -> torch.Tensor:
            return self.w * x

        def twice(self, x: torch.Tensor, factor: int = 2) -> torch.Tensor:
            return self.w * x * factor

    model, x = Model(), torch.ones(2)
    for called in (model, model.twice, functools.partial(model.twice, factor=3)):
        run = explorer.trace(called, x)
        assert run.ops[0].text == "self.w * x"
        assert shown(run, 0) == "self.w * x"


def test_keywords_reach_the_callable_even_when_they_sound_like_ours() -> None:
    def f(x: torch.Tensor, *, options: int, gradient: int, output_or_callable: int) -> torch.Tensor:
        return x * (options + gradient + output_or_callable)

    run = explorer.trace(f, torch.ones(1, requires_grad=True), options=1, gradient=2, output_or_callable=3)
    assert run.graph.roots[0].value == [6.0]


def test_the_source_can_be_left_out() -> None:
    run = explorer.trace(lambda x: x * 2, torch.ones(1, requires_grad=True), trace_options=TraceOptions(source=False))
    assert run.code == ""
    assert [(op.name, op.line, op.text) for op in run.ops] == [("mul", None, "")]


def test_a_custom_function_has_a_line_and_a_module() -> None:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            return gradient * 2

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Double.apply(x.sin()).cos()

    net = Net()
    run = explorer.trace(net, torch.ones(1, requires_grad=True))
    node = next(node for node in run.graph.nodes if node.kind == "custom")
    assert node.name == "DoubleBackward"
    assert node.module == "net"
    assert "x * 2" in run.code.split("\n")[node.line - 1]


def test_two_calls_of_one_module_are_told_apart() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(3):
                x = self.layer(x)
            return x

    net = Twice()
    run = explorer.trace(net, torch.ones(1, 2))
    assert [(op.module, op.call) for op in run.ops] == [("net.layer", 0), ("net.layer", 1), ("net.layer", 2)]


def test_a_hook_of_the_user_and_a_module_made_on_the_way() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        made = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        made.register_forward_hook(lambda module, inputs, output: output * 2)
        return made(x)

    run = explorer.trace(f, torch.ones(1, 2))
    assert [(op.name, op.module) for op in run.ops if op.name in ("linear", "relu", "mul")] == [
        ("linear", "Sequential.0"),
        ("relu", "Sequential.1"),
        ("mul", "Sequential"),
    ]


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return x.sin()\n\nimport torch, explorer\nx = torch.ones(2, requires_grad=True)\nrun = explorer.trace(f, x)\nprint(run.ops[0].line, run.ops[0].name, run.status)"
    ],
)
def test_a_script_from_standard_input(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-"], input=code, capture_output=True, text=True, cwd=ROOT, timeout=120, check=True
    )
    assert done.stdout == "2 sin ok\n"


def test_the_package_imports_no_torch_until_it_is_asked_to_trace() -> None:
    code = "import sys, explorer, explorer.ir; assert 'torch' not in sys.modules; explorer.trace; assert 'torch' in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120, check=True)
