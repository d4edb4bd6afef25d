"""What the gate says, of which line, and what it lets pass."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learner_table import TABLE

from explorer.words import catalogue, tell
from explorer.worker import gate, names, rules


def refused(code: str) -> gate.Refused:
    with pytest.raises(gate.Refused) as caught:
        gate.check(code)
    return caught.value


@pytest.mark.parametrize(
    ("code", "key", "line"),
    [
        ("", "gate.empty", None),
        (" \n\t\n", "gate.empty", None),
        ("x = 1\n" * 4000, "gate.size", None),
        ("x = '가'\n" * 2100, "gate.size", None),
        ("x = [" + "1," * 9000 + "]", "gate.nodes", None),
        ("x = 1\ny = " + "-" * 200 + "1", "gate.nested", 2),
        ("(" * 1000 + ")" * 1000, "gate.nested", 1),
        ("x = 1\ny = '\u202e'", "gate.invisible", 2),
        ("x = 1\r\ny\u200b = 2", "gate.invisible", 2),
        ("x = 1\x00", "gate.invisible", 1),
        ("x = 1\ny = (2", "gate.syntax", 2),
        ("return 3", "gate.syntax", 1),
        ("if x:\n\ty = 1\n        z = 2", "gate.syntax.tabs", 3),
        ("def f(x):\nreturn x", "gate.syntax.indent", 2),
        ("x = 1\n  y = 2", "gate.syntax.indent", 2),
        ("x = 1\n>>> x", "gate.syntax.prompt", 2),
        ("!pip install torch", "gate.syntax.shell", 1),
        ("%matplotlib inline", "gate.syntax.shell", 1),
        ("async def f(): pass", "gate.async", 1),
        ("try:\n    pass\nexcept* ValueError:\n    pass", "gate.kind", 1),
        ("x = 1\n__builtins__", "gate.name", 2),
        ("x = 1\nx.__dict__", "gate.private", 2),
        ("torch._C", "gate.private", 1),
        ("class A:\n    def __del__(self): pass", "gate.method", 2),
        ("class A(metaclass=B): pass", "gate.metaclass", 1),
        ("type('A', (), {})", "gate.type", 1),
        ("'{0.x}'.format(y)", "gate.format", 1),
        ("torch.add = 1", "gate.change", 1),
        ("T = torch.Tensor\nT.add = 1", "gate.change", 2),
        ("torch.save(1, 'a')", "gate.hidden.files", 1),
        ("f(x, num_workers=2)", "gate.loader", 1),
        ("points = torch.load('./ourpoints.t')", "gate.hidden.files", 1),
        ("import h5py", "gate.hidden.files", 1),
        ("from safetensors.torch import save_file", "gate.hidden.files", 1),
        ("torch.quantize_per_tensor(x, 0.1, 10, torch.quint8)", "gate.quantised", 1),
        ("import torch.jit", "gate.hidden", 1),
        ("from torch import load", "gate.hidden.files", 1),
        ("import os", "gate.import", 1),
        ("from . import a", "gate.import", 1),
        ("from torchvision import models", "gate.import.library", 1),
        ("import matplotlib.pyplot as plt", "gate.import.library", 1),
        ("from math import *", "gate.import.star", 1),
        ("from torch import onez", "gate.import.name", 1),
        ("memoryview(x)", "gate.builtin", 1),
        ("eval('1')", "gate.builtin.code", 1),
        ("getattr(x, 'y')", "gate.builtin.attribute", 1),
        ("dir(x)", "gate.builtin.look", 1),
        ("with open('f') as f: pass", "gate.builtin.file", 1),
        ("input()", "gate.builtin.input", 1),
        ("exit()", "gate.builtin.exit", 1),
        ("g.gi_frame", "gate.door.frame", 1),
        ("x.tofile('f')", "gate.door.file", 1),
        ("x.share_memory_()", "gate.door.process", 1),
        ("x.data_ptr()", "gate.door.memory", 1),
        ("model.compile()", "gate.door.code", 1),
    ],
)
def test_each_refusal_has_its_sentence_and_line(code: str, key: str, line: int | None) -> None:
    problem = refused(code)
    assert (problem.sentence.key, problem.line) == (key, line)
    assert tell(problem.sentence) == str(problem)


def test_sentences_are_whole_in_both_languages() -> None:
    """Every key that the sources name is in the catalogue, and its fields are the same in both languages."""
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (gate, rules, names)]
    sources.append((Path(gate.__file__).parent / "facade.py").read_text(encoding="utf-8"))
    keys = set(re.findall(r'"(gate\.[a-z.]+)"', "".join(sources)))
    assert keys <= set(catalogue())
    assert {key for key in catalogue() if key.startswith("gate.")} <= keys
    for key in keys:
        fields = [
            {name for _, name, _, _ in Formatter().parse(catalogue()[key][language])} for language in ("en", "ko")
        ]
        assert fields[0] == fields[1], key


@pytest.mark.parametrize(
    "code",
    [
        "x.summ()",
        "torch.onez(2)",
        "undefined + 1",
        "torch.ones(2).cuda()",
        "(x + y) * w",
        "x = 1  # 주석 😀 👨‍👩‍👧",
        "변수 = torch.ones(1)",
        "class A:\n    def __init__(self): self._x = 1\n    def _f(self): return self._x",
        "def f(input, type, dir): return input, type(1, 2), dir(3)",
    ],
)
def test_plain_slips_and_plain_code_pass(code: str) -> None:
    assert isinstance(gate.check(code), ast.Module)


def test_the_tree_is_what_python_makes_of_the_text() -> None:
    code = TABLE["ok-nn"][0]
    assert ast.dump(gate.check(code), include_attributes=True) == ast.dump(ast.parse(code), include_attributes=True)


def test_names_are_judged_as_the_parser_normalises_them() -> None:
    assert refused("ｅｖａｌ('1')").sentence.values["name"] == "eval"
    assert refused("torch.ｓave").sentence.values["name"] == "torch.save"


def test_an_own_private_name_does_not_open_torchs() -> None:
    own = "class A:\n    def __init__(self, _C=0):\n        self._mine = _C\n"
    gate.check(own + "A()._mine")
    assert refused(own + "torch._C").sentence.values["name"] == "_C"


def test_shadowed_names_are_not_modules() -> None:
    gate.check("def f(torch):\n    torch.save = 1\n    return torch.load")
    gate.check("random = torch.ones(2)\nrandom.grad = None")


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    problem = None
    try:
        compile(gate.check(text), gate.FILENAME, "exec")
    except gate.Refused as refusal:
        problem = refusal
    if problem is not None:
        assert str(problem) != problem.sentence.key
        assert problem.line is None or 1 <= problem.line <= text.count("\n") + text.count("\r") + 1
