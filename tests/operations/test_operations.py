"""The catalogue runs, and every example of the notes on creation, reduction and operations gives the values that the notes print."""

import pytest
import torch

from explorer.ir import RunRequest
from explorer.operations import KINDS, OPERATIONS, find
from explorer.words import LANGUAGES, say
from explorer.worker.session import execute


def run(code):
    answer = execute(RunRequest(code=code, verify="never"))
    assert answer.status == "ok", (code, answer.message)
    return answer


def values(code):
    """The numbers of each tensor of a run, by name."""
    return {tensor.name: tensor.value for tensor in run(code).tensors}


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_runs_and_makes_something_to_see(kind):
    operations = [one for one in OPERATIONS if one.kind == kind]
    assert operations
    for one in operations:
        if not one.example:
            assert one.section in ("files", "shared")
            continue
        for dim in (None, 0, 1) if one.takes_dim else (None,):
            answer = run(one.code(dim))
            assert answer.tensors or answer.stdout, one.name
        for language in LANGUAGES:
            assert say(f"operations.{one.name}", language) != f"operations.{one.name}"


REDUCED = ("sum", "prod", "mean", "var", "std", "min", "max", "amax", "argmax", "argmin", "median")


@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_a_reductions_result_is_the_one_that_plain_arithmetic_gives(name, dim):
    found = values(find(name).code(dim))
    rows = found["x"]
    lines = (
        [[cell for row in rows for cell in row]] if dim is None else list(zip(*rows, strict=True)) if dim == 0 else rows
    )
    expected = [by_hand(name, list(line)) for line in lines]
    got = found.get("result", found.get("result[0]"))
    assert ([got] if dim is None else got) == pytest.approx(expected)


def by_hand(name, line):
    mean = sum(line) / len(line)
    variance = sum((cell - mean) ** 2 for cell in line) / (len(line) - 1)
    product = 1.0
    for cell in line:
        product *= cell
    ordered = sorted(line)
    return {
        "sum": sum(line),
        "prod": product,
        "mean": mean,
        "var": variance,
        "std": variance**0.5,
        "min": ordered[0],
        "max": ordered[-1],
        "amax": ordered[-1],
        "argmax": line.index(ordered[-1]),
        "argmin": line.index(ordered[0]),
        "median": ordered[(len(line) - 1) // 2],
    }[name]


NOTES = {
    # 3.2.2 to 3.2.3
    "a = torch.ones(3)": {"a": [1.0, 1.0, 1.0]},
    "points = torch.zeros(6)\nfor i, v in enumerate([4., 1., 5., 3., 2., 1.]): points[i] = v": {
        "points": [4.0, 1.0, 5.0, 3.0, 2.0, 1.0]
    },
    "points = torch.tensor([4.0, 1.0, 5.0, 3.0, 2.0, 1.0])": {"points": [4.0, 1.0, 5.0, 3.0, 2.0, 1.0]},
    "points = torch.zeros(3, 2)": {"points": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]},
    # 3.3
    "points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])\na = points[1:]\nb = points[1:, :]\nc = points[1:, 0]\nd = points[None]": {
        "points": [[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]],
        "a": [[5.0, 3.0], [2.0, 1.0]],
        "b": [[5.0, 3.0], [2.0, 1.0]],
        "c": [5.0, 2.0],
        "d": [[[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]]],
    },
    # 3.7.2 and 3.14
    "a = torch.ones(3, 2)\na.zero_()": {"a": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]},
    "a = torch.tensor(list(range(9)))": {"a": [0, 1, 2, 3, 4, 5, 6, 7, 8]},
    # the second notes: creation
    "a = torch.tensor([100, 150, 200])": {"a": [100, 150, 200]},
    "a = torch.zeros(5)\nb = torch.zeros([2, 3])\nd = torch.ones(3)": {
        "a": [0.0] * 5,
        "b": [[0.0] * 3] * 2,
        "d": [1.0] * 3,
    },
    "b = torch.zeros([2, 3])\ne = torch.ones([3, 2])\ng = torch.zeros_like(e)\nh = torch.ones_like(b)": {
        "b": [[0.0] * 3] * 2,
        "e": [[1.0] * 2] * 3,
        "g": [[0.0] * 2] * 3,
        "h": [[1.0] * 3] * 2,
    },
    "o = torch.arange(start = 1, end = 11, step = 2)": {"o": [1, 3, 5, 7, 9]},
    "q = torch.empty(5)\nq.fill_(3.0)": {"q": [3.0] * 5},
    "x = torch.tensor([1, 2, 3, 4, 5, 6, 7])\nz = x.clone()\ny = x.detach()\nx[0] = 9": {
        "x": [9, 2, 3, 4, 5, 6, 7],
        "z": [1, 2, 3, 4, 5, 6, 7],
        "y": [9, 2, 3, 4, 5, 6, 7],
    },
    # the third notes: operations
    "x = torch.tensor([[1, 2], [3, 4]])\nr = x.reshape(4, 1)\nt = torch.transpose(x, 0, 1)\nf = torch.flatten(x)": {
        "x": [[1, 2], [3, 4]],
        "r": [[1], [2], [3], [4]],
        "t": [[1, 3], [2, 4]],
        "f": [1, 2, 3, 4],
    },
    "zeros = torch.zeros((2, 3))\nones = torch.ones((2, 3))\narange_tensor = torch.arange(0, 10, 2)": {
        "zeros": [[0.0] * 3] * 2,
        "ones": [[1.0] * 3] * 2,
        "arange_tensor": [0, 2, 4, 6, 8],
    },
}


@pytest.mark.parametrize("code", NOTES)
def test_the_notes_examples_give_what_the_notes_print(code):
    assert values(code) == NOTES[code]


PRINTED = {
    "x = torch.tensor([[1, 2], [3, 4]], dtype=torch.float32)\nprint('Tensor x:', x)": "Tensor x: tensor([[1., 2.],\n        [3., 4.]])\n",
    "x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])\nprint('Sum:', torch.sum(x))": "Sum: tensor(10.)\n",
    "x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])\nprint('Mean:', torch.mean(x))": "Mean: tensor(2.5000)\n",
    "x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])\nprint('Max:', torch.max(x))": "Max: tensor(4.)\n",
    "x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])\nprint('Argmax:', torch.argmax(x))": "Argmax: tensor(3)\n",
    "x = torch.tensor([1, 2, 3, 4, 5], dtype=torch.float32)\nprint(torch.max(x), torch.mean(x), torch.var(x))": "tensor(5.) tensor(3.) tensor(2.5000)\n",
    "a = torch.tensor(list(range(9)))\nprint(torch.cos(a))": "tensor([ 1.0000,  0.5403, -0.4161, -0.9900, -0.6536,  0.2837,  0.9602,  0.7539,\n        -0.1455])\n",
    "a = torch.ones(3, 2)\na_t = torch.transpose(a, 0, 1)\nb_t = a.transpose(0, 1)\nprint(a.shape, a_t.shape, b_t.shape)": "torch.Size([3, 2]) torch.Size([2, 3]) torch.Size([2, 3])\n",
    "points = torch.tensor([4.0, 1.0])\nprint((float(points[0]), float(points[1])))": "(4.0, 1.0)\n",
    "l = torch.tensor([[1, 2, 3], [3, 4, 5]])\nprint(torch.min(l), torch.max(l), torch.sum(l), torch.prod(l))": "tensor(1) tensor(5) tensor(18) tensor(360)\n",
    "l = torch.tensor([[1, 2, 3], [3, 4, 5]])\nprint(l.dim(), l.size(), l.shape, l.numel())": "2 torch.Size([2, 3]) torch.Size([2, 3]) 6\n",
    "print(torch.zeros([3, 2, 4]).shape, torch.ones([3, 2, 3]).shape)": "torch.Size([3, 2, 4]) torch.Size([3, 2, 3])\n",
    "points = torch.ones(3, 4)\npoints_np = points.numpy()\nprint(repr(points_np))": "array([[1., 1., 1., 1.],\n       [1., 1., 1., 1.],\n       [1., 1., 1., 1.]], dtype=float32)\n",
    "print(torch.rand(3).shape, torch.rand([2, 3]).shape, torch.randn(3).shape, torch.rand_like(torch.randn(3)).shape)": "torch.Size([3]) torch.Size([2, 3]) torch.Size([3]) torch.Size([3])\n",
}


@pytest.mark.parametrize("code", PRINTED)
def test_what_the_notes_print_is_printed(code):
    """One place differs: the notes write ``tensor(2.5)`` where torch 2.13 prints ``tensor(2.5000)``."""
    assert run(code).stdout == PRINTED[code]


@pytest.mark.parametrize(
    ("code", "key"),
    [
        *(
            (f"l = torch.tensor([[1, 2, 3], [3, 4, 5]])\ntorch.{name}(l)", "float_needed")
            for name in ("mean", "var", "std")
        ),
        ("a = torch.tensor([1, 2, 3])\na.device()", "not_callable_thing"),
        ("b = torch.tensor([1, 2, 3]).to('cuda')", "cuda"),
    ],
)
def test_where_the_notes_code_does_not_run_a_sentence_says_why(code, key):
    """Notes take the mean of integers, call ``a.device()`` and move to a device that is not here."""
    answer = execute(RunRequest(code=code))
    if key == "cuda" and torch.cuda.is_available():
        return
    assert (answer.status, answer.line) == ("error", code.count("\n") + 1)
    assert answer.sentence.key in (f"session.error.{key}", "session.error.raised"), answer.message
