"""What the views show, what they hide, and that nothing public leads out of them."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explorer.worker import facade
from explorer.worker.names import DOORS, PRESETS
from explorer.worker.offered import OFFERED, SETTABLE


def run(code: str) -> dict[str, Any]:
    space = facade.namespace()
    exec(compile(code, "<test>", "exec", dont_inherit=True), space)
    return space


OUTSIDE = (
    "os",
    "posix",
    "io",
    "_io",
    "socket",
    "_socket",
    "subprocess",
    "_posixsubprocess",
    "pickle",
    "_pickle",
    "sys",
)
OUTSIDE += ("shutil", "ctypes", "_ctypes", "importlib", "_frozen_importlib", "threading", "_thread", "multiprocessing")
ORACLES = {id(value) for value in (eval, exec, compile, open, getattr, setattr, globals, vars, type, __import__)}


def is_forbidden(value: object) -> bool:
    """A module, a frame, or a function of the system or of the interpreter."""
    if isinstance(value, ModuleType | FrameType | CodeType | TracebackType) or id(value) in ORACLES:
        return True
    return callable(value) and getattr(value, "__module__", None) in OUTSIDE


def objects() -> dict[str, object]:
    """One of each kind of thing that learners' code holds."""
    x = torch.ones(2, requires_grad=True)
    model = nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2))
    optimizer = torch.optim.Adam(model.parameters())
    data = torch.utils.data.TensorDataset(torch.ones(2))
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2) + torch.ones(3)
    return {
        "x": x,
        "node": (x * 2).grad_fn,
        "leaf": (x * 2).grad_fn.next_functions[0][0],
        "model": model,
        "handle": x.register_hook(print),
        "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1),
        "storage": x.storage(),
        "untyped": x.untyped_storage(),
        "generator": torch.Generator(),
        "device": x.device,
        "dtype": x.dtype,
        "loader": facade.MODULES["torch.utils.data"].DataLoader(data),
        "batches": iter(facade.MODULES["torch.utils.data"].DataLoader(data)),
        "normal": torch.distributions.Normal(0.0, 1.0),
        "array": np.ones(2),
        "scalar": np.float64(1),
        "np_generator": np.random.default_rng(),
        "yielding": (i for i in [1]),
        "function": lambda: 1,
        "error": caught.value,
        "partial": functools.partial(print),
        "text": "a",
        "bytes": b"a",
        "list": [],
        "dict": {},
        "set": set(),
        "property": property(),
        "svd": torch.linalg.svd(torch.eye(2)),
        "packed": torch.nn.utils.rnn.pack_sequence([torch.ones(1)]),
        "no_grad": torch.no_grad(),
        "hooks": torch.autograd.graph.saved_tensors_hooks(print, print),
        "cached": functools.lru_cache(print),
    }


def walk(roots: dict[str, object], depth: int) -> Iterator[tuple[str, object]]:
    """Everything that public attributes lead to, as ``(path, value)``; doors are not gone through."""
    seen, queue = set(), [(path, value, 0) for path, value in roots.items()]
    keep = []  # so that no id is used twice
    for path, value, far in queue:
        yield path, value
        if id(value) in seen or far == depth or isinstance(value, bool | int | float | complex | str):
            continue
        seen.add(id(value))
        keep.append(value)
        for name in dir(value):
            if name.startswith("_") or name in DOORS:
                continue
            try:
                queue.append((f"{path}.{name}", getattr(value, name), far + 1))
            except (AttributeError, RuntimeError, TypeError, ValueError, AssertionError, NotImplementedError):
                continue


@pytest.mark.filterwarnings("ignore")
def test_no_public_attribute_leads_to_a_module_a_frame_or_a_function_of_the_system() -> None:
    space = facade.namespace()
    builtins = {name: value for name, value in space.pop("__builtins__").items() if not name.startswith("_")}
    roots = {**space, **builtins, **facade.MODULES, **objects()}
    count, found = 0, []
    for path, value in walk(roots, 4):
        count += 1
        if is_forbidden(value):
            found.append(f"{path} -> {value!r}"[:160])
    assert count > 10_000
    assert found == []


def test_every_offered_name_is_there_and_no_module_is_among_them() -> None:
    for path in OFFERED:
        look = facade.look_of(facade.MODULES[path])
        missing = set(OFFERED[path].split()) - look.shown
        assert not missing, f"{path}: {missing}"
        assert not [name for name in look.shown if isinstance(look.get(name), ModuleType)]


def test_presets_are_views_of_the_real_thing() -> None:
    space = run("r = torch.relu, nn.Linear, F.relu, optim.SGD, math.pi, np.array, random.seed, torch.nn.Module")
    assert space["r"][:4] == (torch.relu, nn.Linear, nn.functional.relu, torch.optim.SGD)
    assert space["r"][7] is nn.Module
    assert space["__name__"] == "__main__"
    assert set(PRESETS) <= set(space)


def test_a_namespace_is_fresh() -> None:
    first, second = facade.namespace(), facade.namespace()
    first["__builtins__"]["print"] = None
    first["torch"] = None
    assert second["__builtins__"]["print"] is print
    assert second["torch"] is facade.MODULES["torch"]


@pytest.mark.parametrize("name", ["save", "load", "jit", "compile", "os", "multiprocessing", "set_num_threads"])
def test_hidden_names_say_so(name: str) -> None:
    with pytest.raises(facade.NotAvailableError, match=rf"torch\.{name} is not available here") as caught:
        run(f"torch.{name}")
    assert caught.value.sentence.values == {"name": f"torch.{name}"}


def test_a_name_that_torch_has_not_fails_with_pythons_words() -> None:
    with pytest.raises(AttributeError, match="module 'torch' has no attribute 'onez'") as caught:
        run("torch.onez(2)")
    assert not isinstance(caught.value, facade.NotAvailableError)
    assert caught.value.name == "onez"
    assert "ones" in dir(caught.value.obj)


@pytest.mark.parametrize(
    "code", ["torch.add = 1", "del torch.add", "nn.x = 1", "torch.backends.cudnn.benchmark = 'yes'"]
)
def test_views_do_not_change(code: str) -> None:
    with pytest.raises(AttributeError, match="cannot be changed"):
        run(code)


def test_switches_reach_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(SETTABLE) <= set(OFFERED)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    run("torch.backends.cudnn.benchmark = True")
    assert torch.backends.cudnn.benchmark is True


def test_look_ups_are_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever records a run may stand in for backward."""
    calls = []
    monkeypatch.setattr(torch.autograd, "backward", lambda *args, **options: calls.append(args))
    run(
        "x = torch.ones(1, requires_grad=True)\ntorch.autograd.backward(x)\nfrom torch.autograd import backward\nbackward(x)"
    )
    assert len(calls) == 2


@pytest.mark.parametrize(
    "line",
    [
        "import torch.nn.functional as f",
        "import torch.nn, torch.optim",
        "from torch.nn import functional as f",
        "from torch.utils.data import DataLoader",
        "import numpy.linalg as la",
        "from torch import nn, Tensor",
    ],
)
def test_imports_give_views(line: str) -> None:
    space = run(line)
    assert not [value for value in space.values() if isinstance(value, ModuleType)]


@pytest.mark.parametrize(
    "line", ["import os", "import torch.jit", "from torch import jit", "from torch.utils import os"]
)
def test_imports_past_the_gate_fail_all_the_same(line: str) -> None:
    """``from torch import jit`` must not fall back on ``sys.modules["torch.jit"]``."""
    with pytest.raises(ImportError):
        run(line)


def test_c_code_may_import_what_it_needs() -> None:
    """PyImport_Import asks the builtins of the frame below, with a list, and takes the module from sys.modules."""
    ask = facade.namespace()["__builtins__"]["__import__"]
    assert ask("torch.utils", {}, {}, [], 0) is None
    with pytest.raises(ImportError):
        ask("os", {}, {}, ("path",), 0)


def test_type_has_one_argument_and_gives_no_metaclass() -> None:
    space = run("kinds = type(1), type(torch.ones(1)), type(nn.Module), type(type), isinstance(nn.Module, type)")
    assert space["kinds"][:2] == (int, torch.Tensor)
    assert space["kinds"][2] is space["kinds"][3] is not type
    assert space["kinds"][4] is True
    for code in ("type('X', (), {})", "type(nn.Module)('X', (), {})", "type(torch.autograd.Function)('X', (), {})"):
        with pytest.raises(TypeError):
            run(code)


def test_a_loader_has_no_workers() -> None:
    make = "from torch.utils.data import DataLoader\nd = DataLoader([1., 2.]{})\nr = len(list(d)), isinstance(d, DataLoader)"
    assert run(make.format(""))["r"] == (2, True)
    for option in ("num_workers=2", "pin_memory=True"):
        with pytest.raises(facade.NotAvailableError, match="num_workers=0"):
            run(make.format(f", {option}"))


def test_wraps_takes_no_attribute_names() -> None:
    with pytest.raises(TypeError):
        run("from functools import wraps\nwraps(print, assigned=('__globals__',))")


def test_views_cannot_be_copied_into_something_else() -> None:
    with pytest.raises(copy.Error):
        copy.deepcopy(facade.MODULES["torch"])


def test_views_are_told_from_variables() -> None:
    assert facade.is_module(facade.MODULES["torch"])
    assert facade.is_module(torch)
    assert not facade.is_module(torch.ones(1))


def test_a_module_that_would_be_imported_now_is_hidden_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lazy(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise ModuleNotFoundError(name)

    look = facade.look_of(facade.MODULES["numpy"])
    monkeypatch.setattr(look, "module", Lazy("numpy"))
    with pytest.raises(facade.NotAvailableError, match=r"numpy\.testing is not available here"):
        look.get("testing")
