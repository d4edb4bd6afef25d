"""The formulas against torch: names that torch gives, what its nodes save, and the products that it computes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from explorer.derivatives import describe, known_names
from explorer.derivatives.table import FAMILIES, TABLE
from tests.derivatives.network_cases import NETWORKED
from tests.derivatives.other_cases import OTHERS
from tests.derivatives.pointwise_cases import POINTWISE, Case

CASES: dict[str, Case] = {**POINTWISE, **OTHERS, **NETWORKED}

APART = {
    "CudnnBatchNormBackward0": "cuDNN runs on CUDA",
    "CudnnConvolutionBackward0": "cuDNN runs on CUDA",
    "CudnnRnnBackward0": "cuDNN runs on CUDA",
    "ScaledDotProductCudnnAttentionBackward0": "cuDNN runs on CUDA",
    "ScaledDotProductEfficientAttentionBackward0": "a kernel for CUDA",
    "ScaledDotProductFlashAttentionBackward0": "a kernel for CUDA",
    "ThnnFusedGruCellBackward0": "a kernel for CUDA",
    "ThnnFusedLstmCellBackward0": "a kernel for CUDA",
}
"""Names that no call on the CPU gives, and why; torch has a class for each."""

MATHML = "{http://www.w3.org/1998/Math/MathML}"


def made(name: str) -> tuple[tuple[torch.Tensor, ...], Any, list[torch.Tensor]]:
    """Fresh inputs of the case, what the call returned, and of that the tensors with a grad_fn."""
    call, arguments, _ = CASES[name]
    inputs = tuple(argument.clone().requires_grad_() for argument in arguments)
    returned = call(*inputs)
    outputs = returned if isinstance(returned, tuple | list) else (returned,)
    return inputs, returned, [output for output in outputs if output.grad_fn is not None]


def nodes(outputs: list[torch.Tensor]) -> Iterator[Any]:
    seen, left = set(), [output.grad_fn for output in outputs]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            left += [target for target, _ in node.next_functions]


def test_every_name_has_a_call_or_a_reason() -> None:
    assert set(known_names()) == set(CASES) | set(APART)
    assert not set(CASES) & set(APART)
    assert len(CASES) >= 200


@pytest.mark.parametrize("name", APART)
def test_a_name_apart_is_a_class_of_torch_that_saves_what_the_formula_uses(name: str) -> None:
    kind = getattr(torch._C._functions, name)
    derivative = describe(name)
    assert derivative is not None
    assert {f"_saved_{saved}" for saved in derivative.saved} <= set(dir(kind))


@pytest.mark.filterwarnings("ignore:torch.triangular_solve is deprecated", "ignore:torch.cholesky is deprecated")
@pytest.mark.parametrize("name", CASES)
def test_torch_gives_this_name_and_saves_what_the_formula_uses(name: str) -> None:
    _, _, outputs = made(name)
    found = next((node for node in nodes(outputs) if type(node).__name__ == name), None)
    assert found is not None, [type(node).__name__ for node in nodes(outputs)]
    derivative = describe(name)
    assert derivative is not None
    if found.next_functions and derivative.slots[0].name != "tensors":
        assert len(derivative.slots) <= len(found.next_functions)
    saved = {attribute.removeprefix("_saved_") for attribute in dir(found) if attribute.startswith("_saved_")}
    assert set(derivative.saved) <= saved


@pytest.mark.filterwarnings("ignore:torch.triangular_solve is deprecated", "ignore:torch.cholesky is deprecated")
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2] is not None])
def test_the_product_by_hand_is_the_product_of_torch(name: str) -> None:
    torch.manual_seed(7)
    inputs, _returned, outputs = made(name)
    sent = [torch.randn_like(output) for output in outputs]
    expected = torch.autograd.grad(outputs, inputs, sent)
    by_hand = CASES[name][2]
    assert by_hand is not None
    one = len(outputs) == 1
    result = by_hand(
        sent[0] if one else sent,
        outputs[0].detach() if one else [output.detach() for output in outputs],
        *[each.detach() for each in inputs],
    )
    products = result if isinstance(result, tuple) else (result,)
    for product, gradient in zip(products, expected, strict=True):
        torch.testing.assert_close(product.expand_as(gradient), gradient)


def test_two_hundred_and_fifty_products_are_computed_by_hand() -> None:
    assert sum(case[2] is not None for case in CASES.values()) >= 250


@pytest.mark.parametrize(
    ("call", "at", "slopes"),
    [
        (torch.relu, (0.0,), (0.0,)),
        (torch.abs, (0.0,), (0.0,)),
        (lambda x: F.leaky_relu(x, 0.1), (0.0,), (0.1,)),
        (F.hardtanh, (1.0,), (0.0,)),
        (lambda x: x.clamp(-1, 1), (1.0,), (1.0,)),
        (F.hardswish, (-3.0,), (0.0,)),
        (F.hardswish, (3.0,), (1.0,)),
        (F.hardshrink, (0.5,), (0.0,)),
        (F.softshrink, (0.5,), (0.0,)),
        (torch.maximum, (1.0, 1.0), (0.5, 0.5)),
        (torch.fmax, (1.0, 1.0), (1.0, 0.0)),
        (torch.linalg.vector_norm, (0.0,), (0.0,)),
        (torch.pow, (2.0, 0.0), (0.0, 0.6931471805599453)),
        (torch.pow, (0.0, 2.0), (0.0, 0.0)),
        (torch.atan2, (0.0, 0.0), (0.0, 0.0)),
        (torch.hypot, (0.0, 0.0), (float("nan"), float("nan"))),
        (torch.sinc, (0.0,), (0.0,)),
        (torch.xlogy, (0.0, 2.0), (0.6931471805599453, 0.0)),
        (lambda x: F.softplus(x, threshold=1.0), (3.0,), (1.0,)),
    ],
)
def test_at_a_kink_torch_takes_what_the_notes_say(call: Any, at: tuple[float, ...], slopes: tuple[float, ...]) -> None:
    inputs = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in at]
    assert [float(one) for one in torch.autograd.grad(call(*inputs), inputs)] == pytest.approx(slopes, nan_ok=True)


@pytest.mark.parametrize("name", known_names())
def test_a_formula_is_whole_in_every_form_and_language(name: str) -> None:
    english, korean = describe(name, "en"), describe(name, "ko")
    assert english is not None
    assert korean is not None
    assert [slot.latex for slot in english.slots] == [slot.latex for slot in korean.slots]
    assert [bool(slot.words) for slot in english.slots] == [bool(slot.words) for slot in korean.slots]
    for latex, mathml, text in [
        (english.forward_latex, english.forward_mathml, english.forward),
        *((slot.latex, slot.mathml, slot.text) for slot in english.slots),
    ]:
        assert latex.count("{") == latex.count("}")
        root = ET.fromstring(mathml)
        assert root.tag == f"{MATHML}math"
        assert not {element.tag for element in root.iter()} - {f"{MATHML}{tag}" for tag in TAGS}
        assert "\\" not in mathml
        assert not re.search(r"[\\{}]|  ", text), text
    assert len(english.notes) == len(korean.notes)
    assert all(not note.startswith("derivative.") and not re.search("[가-힣]", note) for note in english.notes)
    assert all(re.search("[가-힣]", note) for note in korean.notes)
    assert english.remark == " ".join(english.notes)


TAGS = [
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mfrac",
    "msqrt",
    "msup",
    "msub",
    "msubsup",
    "mover",
    "munder",
    "munderover",
    "mtext",
    "mspace",
    "mtable",
    "mtr",
    "mtd",
]


def test_the_drawing_is_set_as_mathematics() -> None:
    tanh, divided, put = (describe(name) for name in ("TanhBackward0", "DivBackward0", "IndexPutBackward0"))
    assert '<mi>tanh</mi><mspace width="0.17em"/><mi>x</mi>' in tanh.forward_mathml
    assert '<mo form="prefix">&#x02212;</mo><mi>g</mi>' in divided.slots[1].mathml
    assert put.forward == "yᵢ ← v"


def test_letters_are_explained_by_torchs_names() -> None:
    derivative = describe("PowBackward1")
    assert derivative is not None
    assert dict(derivative.symbols) == {"g": "grad", "y": "result", "a": "self", "b": "exponent"}
    assert derivative.forward == "y = a^b"
    assert derivative.slots[0].latex == r"\frac{\partial L}{\partial a} = g \cdot b \cdot a^{b - 1}"
    assert derivative.slots[0].text == "∂L/∂a = g · b · a^(b − 1)"
    assert derivative.slots[0].local == "∂y/∂a = b · a^(b − 1)"
    assert derivative.slots[1].gradient == "g · y · ln a"


def test_an_input_says_what_is_special_about_it() -> None:
    assert [slot.words for slot in describe("CatBackward0").slots] == ["The same for each tensor of the list."]
    assert [slot.words for slot in describe("CopysignBackward0").slots] == ["", "Nothing but zeros is sent back."]
    assert [slot.words for slot in describe("CopysignBackward0", "ko").slots] == ["", "0만 거슬러 보냅니다."]


def test_no_name_stands_twice_and_an_unknown_one_says_so() -> None:
    names = [name for family in FAMILIES.values() for entry in family for name in entry.names]
    assert len(names) == len(set(names)) == len(TABLE)
    assert describe("NoSuchBackward0") is None
