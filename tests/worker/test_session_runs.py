"""One run from the outside: what is free, what is differentiated, what is said when it goes wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samples import run

from explorer.ir import Input, Run, decode_run, encode
from explorer.words import tell
from explorer.worker import session
from explorer.worker.limits import TimeLimit
from explorer.worker.output import MOST_CHARACTERS


def grads(seen: Run) -> dict[str, Any]:
    return {tensor.name: tensor.grad for tensor in seen.tensors}


@pytest.mark.parametrize(
    ("code", "free"),
    [
        ("(x + y) * w", ["x", "y", "w"]),
        ("z = (x + y) * w", ["x", "y", "w"]),
        ("torch.sin(x) + b * x", ["x", "b"]),
        ("x.exp() + len([x])", ["x"]),
        ("sum([v * x for v in [1, 2]])", ["x"]),
        ("list(map(lambda a: a * 2, [x]))[0]", ["x"]),
        ("foo(x) * y", ["x", "y"]),
        ("torhc.ones(2) * y", ["y"]),
        ("x = 1\nx * y", []),
        ("x += y", []),
    ],
)
def test_free_names(code: str, free: list[str]) -> None:
    seen = run(code)
    assert [given.name for given in seen.inputs] == free
    assert [given.value for given in seen.inputs] == [2.0 + at for at in range(len(free))]
    assert all(given.requires_grad for given in seen.inputs)


def test_inputs_take_numbers_and_lists() -> None:
    seen = run("x * y", inputs=(Input(name="x", value=[1.0, 2.0]), Input(name="y", value=5, requires_grad=False)))
    assert grads(seen)["x"] == [5.0, 5.0]
    assert grads(seen)["y"] is None
    assert seen.result_shape == (2,)


@pytest.mark.parametrize(
    ("code", "given", "key"),
    [
        ("x + y", Input(name="q"), "session.input.unknown"),
        ("x = 1", Input(name="q"), "session.input.none_free"),
        ("x + y", Input(name="x", value=[[1], [2, 3]]), "session.input.not_numbers"),
        ("x + y", Input(name="x", value="two"), "session.input.not_numbers"),
    ],
)
def test_inputs_that_cannot_be(code: str, given: Input, key: str) -> None:
    seen = run(code, inputs=(given,))
    assert (seen.status, seen.sentence.key) == ("refused", key)


def test_inputs_that_may_miss_are_left_aside() -> None:
    given = (Input(name="x", value=5.0), Input(name="q", value=7.0))
    seen = run("x * y", inputs=given, inputs_may_miss=True)
    assert [(one.name, one.value) for one in seen.inputs] == [("x", 5.0), ("y", 3.0)]


@pytest.mark.parametrize(
    ("code", "request_result", "result"),
    [
        ("a = x0 = torch.ones(2, requires_grad=True)\nb = a * 2\nb.sum()", None, "b.sum()"),
        ("a = torch.ones(2, requires_grad=True)\nloss = a * 2\nb = loss * 3", None, "loss"),
        ("a = torch.ones(2, requires_grad=True)\nb = a * 2\nc = b * 3", None, "c"),
        ("a = torch.ones(2, requires_grad=True)\nb = a * 2\nc = b * 3", "b", "b"),
        ("a = torch.ones(2, requires_grad=True)\nb = a * 2\nprint(b)", None, "b"),
    ],
)
def test_what_is_differentiated(code: str, request_result: str | None, result: str) -> None:
    seen = run(code, result=request_result)
    assert seen.status == "ok", seen.message
    assert seen.result == result
    assert seen.graph.roots[0].name == result


def test_gradient_to_start_from() -> None:
    code = "x = torch.ones(2, 2, requires_grad=True)\ny = x * 3"
    assert grads(run(code))["x"] == [[3.0, 3.0], [3.0, 3.0]]
    assert grads(run(code, gradient=[1.0, 0.0]))["x"] == [[3.0, 0.0], [3.0, 0.0]]
    wrong = run(code, gradient=[1.0, 2.0, 3.0])
    assert (wrong.status, wrong.sentence.key) == ("error", "session.gradient.shape")
    assert "(2, 2)" in wrong.message


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("print('hi')", "session.nothing.no_tensors"),
        ("x = torch.ones(2)", "session.nothing.requires_grad"),
        ("x = torch.tensor([1, 2])", "session.nothing.integers"),
        ("x = torch.ones(2, requires_grad=True)", "session.nothing.only_leaves"),
    ],
)
def test_nothing_to_differentiate_is_no_failure(code: str, key: str) -> None:
    seen = run(code)
    assert (seen.status, seen.sentence.key) == ("ok", key)
    assert not seen.graph.nodes


ERRORS = [
    ("a = torch.ones(2, 3)\nb = a @ a", "session.error.matmul", 2),
    ("torch.ones(3, 4) @ torch.ones(2)", "session.error.matvec", 1),
    ("torch.ones(2) @ torch.ones(3)", "session.error.dot", 1),
    ("torch.ones(2, 3, 4) @ torch.ones(2, 3, 4)", "session.error.bmm", 1),
    ("torch.ones(2) + torch.ones(3)", "session.error.broadcast", 1),
    ("torch.ones(6).view(4, 2)", "session.error.view", 1),
    ("torch.ones(2).sum().backward()", "session.error.no_grad", 1),
    ("x = torch.ones(2, requires_grad=True)\ny = x * 2\ny.backward()", "session.error.not_scalar", 3),
    ("x = torch.ones(2, requires_grad=True)\nx += 1", "session.error.leaf_in_place", 2),
    (
        "x = torch.ones(2, requires_grad=True)\nz = (x ** 2).sum()\nz.backward()\nz.backward()",
        "session.error.backward_twice",
        4,
    ),
    (
        "x = torch.ones(2, requires_grad=True)\ny = x.exp()\ny += 1\ny.sum().backward()",
        "session.error.changed_in_place",
        4,
    ),
    ("x = torch.ones(2, requires_grad=True)\ny = x.exp()\ny += 1\nz = y.sum()", "session.error.changed_in_place", 2),
    (
        "a = torch.ones(2, requires_grad=True)\nb = torch.ones(2, requires_grad=True)\ntorch.autograd.grad(a.sum(), b)",
        "session.error.unused",
        3,
    ),
    ("torch.ones(2, dtype=torch.int64, requires_grad=True)", "session.error.integer_grad", 1),
    ("torch.ones(2, requires_grad=True).numpy()", "session.error.numpy", 1),
    ("torch.ones(2, 2) @ torch.ones(2, 2).double()", "session.error.dtype", 1),
    ("x = torch.ones(3)\nx[5]", "session.error.index", 2),
    ("torch.ones(2, names=('a',))", "session.error.named_tensors", 1),
    ("x = torch.ones(2)\nx.refine_names('a')", "session.error.named_tensors", 2),
    ("x = torch.ones(2)\nx.rename(None)", "session.error.named_tensors", 2),
    ("x = torch.ones(2)\nprint(x.names)", "session.error.named_tensors", 2),
    ("x = torch.ones(2)\nx.align_as(x)", "session.error.named_tensors", 2),
    ("x = torch.ones(2)\nx.sum('channels')", "session.error.named_tensors", 2),
    ("x = torch.ones(2)\nx.sum(dim='channels')", "session.error.named_tensors", 2),
    ("x = torch.ones(2)\nx.transpose('a', 'b')", "session.error.named_tensors", 2),
    ("torch.ones(2)\ny = relu(torch.ones(2))", "session.error.name", 2),
    ("total = 2\nprint(total)\nprint(totl)", "session.error.name_close", 3),
    ("tensr(2)", "session.error.name", 1),
    ("torhc.ones(2)", "session.error.name_close", 1),
    ("x = torch.ones(2)\nx.summ()", "session.error.attribute_close", 2),
    ("def f(n):\n    return f(n + 1)\nf(0)", "session.error.recursion", 2),
    ("x = torch.ones(3)\nx.device()", "session.error.not_callable_thing", 2),
    ("x = torch.ones(3)\nx[0, 1]", "session.error.too_many_indices", 2),
    ("x = torch.ones(3)\nx.sum(dim=2)", "session.error.dimension", 2),
    ("x = torch.tensor(2., requires_grad=True)\nx.grad.zero_()", "session.error.none", 2),
    ("torch.ones(2, 3).T.view(6)", "session.error.view_stride", 1),
    ("F.cross_entropy(torch.randn(2, 3), torch.tensor([0, 3]))", "session.error.target", 1),
    ("F.cross_entropy(torch.randn(2, 3), torch.tensor([0., 1.]).double())", "session.error.long", 1),
    ("F.cross_entropy(torch.randn(2, 3), torch.tensor([0, 1, 2]))", "session.error.batch", 1),
    ("class M(nn.Module):\n    def __init__(self):\n        self.l = nn.ReLU()\nM()", "session.error.super_init", 3),
    ("class M(nn.Module):\n    pass\nM()(torch.ones(1))", "session.error.forward", 3),
    ("torch.ones(2, require_grad=True)", "session.error.keyword_close", 1),
    ("nn.Linear(2, 1, colour=1)", "session.error.keyword", 1),
    ("nn.Linear(2)", "session.error.missing", 1),
    ("def f():\n    pass\nf(1)", "session.error.too_many_arguments", 3),
    ("f'{torch.ones(3):.2f}'", "session.error.format", 1),
    ("torch.ones(3).item()", "session.error.scalar", 1),
    ("if torch.ones(3) > 0: pass", "session.error.truth", 1),
    ("x = torch.tensor([1, 2])\nx /= 2", "session.error.cast", 2),
    ("torch.tensor([1, 2]).mean()", "session.error.float_needed", 1),
    ("1 / 0", "session.error.zero_division", 1),
    ("torch.ones(2) + 'a'", "session.error.operands", 1),
    ("torch.cat([torch.ones(2, 2), torch.ones(3, 3)])", "session.error.cat", 1),
    ("torch.cat(torch.ones(2), torch.ones(2))", "session.error.tensor_list", 1),
    ("loss = torch.ones(1).sum().item()\nloss.backward()", "session.error.item", 2),
    ("a, b = torch.ones(3)", "session.error.unpack", 1),
    ("optim.SGD(nn.Linear(1, 1), lr=0.1)", "session.error.parameters", 1),
    ("optim.SGD([], lr=0.1)", "session.error.no_parameters", 1),
    ("nn.BatchNorm1d(3)(torch.randn(1, 3))", "session.error.batch_norm", 1),
    ("nn.Conv2d(3, 8, 3)(torch.randn(1, 1, 8, 8))", "session.error.channels", 1),
    ("nn.Conv2d(1, 8, 5)(torch.randn(1, 1, 3, 3))", "session.error.kernel", 1),
    ("nn.Embedding(5, 2)(torch.tensor([5]))", "session.error.embedding", 1),
    ("nn.LSTM(3, 4)(torch.ones(2, 5))", "session.error.features", 1),
    ("[1, 2][2]", "session.error.list_index", 1),
    ("{'a': 1}['b']", "session.error.dict_key", 1),
    ("x = 1\ndef f():\n    x += 1\nf()", "session.error.local_variable", 3),
    ("torch.tensor([[1, 2], [3]])", "session.error.ragged", 1),
    ("nn.Sequential([nn.Linear(1, 1)])", "session.error.sequential", 1),
    ("len(torch.tensor(1.0))", "session.error.zero_dim", 1),
    ("torch.max(torch.ones(2, 2), dim=1).abs()", "session.error.return_types", 1),
    ("if True:\n    pass\nelse if False:\n    pass", "gate.syntax.other", 3),
    ("print(\u2018a\u2019)", "gate.syntax.character", 1),
    ("x = torch.tensor\uff082.0\uff09", "gate.syntax.character", 1),
    ("raise KeyboardInterrupt('stop')", "session.error.raised", 1),
    ("class Odd(BaseException):\n    pass\nraise Odd()", "session.error.raised", 3),
    (
        "x = torch.ones(2, requires_grad=True)\ny = x * 2\ndef h(g):\n    raise ValueError('no')\ny.register_hook(h)\nz = y.sum()",
        "session.error.raised",
        4,
    ),
]


@pytest.mark.parametrize(("code", "key", "line"), ERRORS)
def test_errors_say_what_and_where(code: str, key: str, line: int) -> None:
    seen = run(code)
    status = "refused" if key.startswith("gate.") else "error"
    assert (seen.status, seen.sentence.key, seen.line) == (status, key, line), seen.message
    assert seen.message == tell(seen.sentence, "en")
    for language in ("en", "ko"):
        assert not re.search(r"\{\w+\}|[.?]\. ", tell(seen.sentence, language))
    assert decode_run(encode(seen)) == seen


def test_what_was_built_before_an_error_is_kept() -> None:
    seen = run("print('before')\nx = torch.ones(2, requires_grad=True)\ny = x * 2\nz = y @ torch.ones(3)")
    assert seen.status == "error"
    assert seen.stdout == "before\n"
    assert [node.name for node in seen.graph.nodes] == ["MulBackward0", "AccumulateGrad"]
    assert {"x", "y"} <= {tensor.name for tensor in seen.tensors}
    inside = run(
        "def f():\n    x = torch.ones(2, requires_grad=True)\n    y = x.exp()\n    raise ValueError('no')\nf()"
    )
    assert [node.variable for node in inside.graph.nodes] == ["y", "x"]


def test_long_messages_are_cut() -> None:
    seen = run("assert False, 'bad ' * 10000")
    assert len(seen.message) <= 520


@pytest.mark.parametrize("code", ["torch.ones(10 ** 11)", "x = torch.empty(10 ** 15)", "raise MemoryError"])
def test_too_much_memory_is_a_stop(code: str) -> None:
    seen = run(code)
    assert (seen.status, seen.sentence.key, seen.line) == ("stopped", "session.stopped.memory", 1)


def test_the_time_limit_names_the_line_and_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    real = session.facade.namespace

    def with_alarm() -> dict[str, object]:
        def expire() -> None:
            raise TimeLimit

        return {**real(), "expire": expire}

    monkeypatch.setattr(session.facade, "namespace", with_alarm)
    seen = run("x = torch.ones(2, requires_grad=True)\ny = x * 2\nfor i in range(3):\n    expire()")
    assert (seen.status, seen.sentence.key, seen.line) == ("stopped", "session.stopped.time", 4)
    assert seen.graph.nodes[0].variable == "y"


@pytest.mark.parametrize(
    ("code", "key", "line"),
    [
        ("x = torch.tensor(-1.0, requires_grad=True)\ny = x.sqrt()\nz = y * 2", "session.note.not_finite_result", "2"),
        (
            "x = torch.tensor(0.0, requires_grad=True)\ny = x.sqrt() * 0\nz = y * 2",
            "session.note.not_finite_gradient",
            "2",
        ),
        (
            "x = torch.ones(2, dtype=torch.float16, requires_grad=True)\ny = x * 70000\nz = y.sum()",
            "session.note.not_finite_result",
            "2",
        ),
    ],
)
def test_nan_and_infinity_are_noted_where_they_began(code: str, key: str, line: str) -> None:
    seen = run(code)
    assert seen.status == "ok"
    assert [(note.key, note.values["line"]) for note in seen.notes] == [(key, line)]


def test_masks_of_infinity_are_no_alarm() -> None:
    seen = run(
        "x = torch.ones(2, requires_grad=True)\nm = torch.tensor([0.0, float('-inf')])\ny = (x + m).softmax(0)[0]"
    )
    assert not seen.notes


def test_printed_text_is_kept_up_to_a_limit() -> None:
    seen = run("for i in range(10000):\n    print('한글' * 20)")
    assert MOST_CHARACTERS < len(seen.stdout) < MOST_CHARACTERS + 100
    assert "cut here" in seen.stdout
    assert "?" in run(r"print('\ud800 😀')").stdout
    assert "UserWarning" in run("float(torch.tensor(2.0, requires_grad=True))").stdout


@pytest.mark.parametrize("device", ["cuda:99", "nonsense"])
def test_a_device_that_is_not_there(device: str) -> None:
    seen = run("x + y", device=device)
    assert (seen.status, seen.sentence.key) == ("refused", "session.device")


def test_a_backward_call_that_is_not_there() -> None:
    seen = run("x = torch.ones(2, requires_grad=True)\nx.sum().backward()", backward=4)
    assert (seen.status, seen.sentence.key) == ("error", "session.backward.unknown")


def test_equal_requests_give_equal_runs() -> None:
    code = "x = torch.randn(3, requires_grad=True)\ny = (x * torch.randn(3) + np.random.rand() + random.random()).sum()"
    first, second = (run(code, seed=7) for _ in range(2))
    assert encode((first.graph, first.tensors, first.storages)) == encode(
        (second.graph, second.tensors, second.storages)
    )
    assert run(code, seed=8).tensors != first.tensors


def test_a_function_that_cannot_be_called_twice_is_called_once() -> None:
    seen = run(
        "calls = []\ndef f(a):\n    calls.append(1)\n    return a * 2\nx = torch.ones(1, requires_grad=True)\ny = f(x)\nprint(len(calls))"
    )
    assert seen.stdout == "1\n"


@pytest.mark.parametrize("step", ["differentiate", "finish"])
def test_a_fault_of_the_capture_still_gives_a_run(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(session.Recorder, step, broken)
    seen = run("(x + y) * w")
    assert (seen.status, seen.sentence.key) == ("error", "session.error.capture")
