"""The browser's arithmetic of floating-point formats, against torch: bit patterns to numbers and numbers to bit patterns."""

import random
import struct

import torch

from explorer.dtypes import find
from explorer.viewer.numbers import FLOATS
from tests.viewer.module_page import mount

INTEGERS = {"float16": torch.int16, "bfloat16": torch.int16, "float32": torch.int32, "float64": torch.int64}
EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    1 / 3,
    65504.0,
    65519.0,
    65520.0,
    70000.0,
    6e-8,
    2.98e-8,
    5.96e-8,
    3.4028235677973366e38,
]
EDGES += [
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    1.401298464324817e-45,
    7e-46,
    9.2e-41,
    float("inf"),
    -float("inf"),
]

_RUN = """async ([formats, patterns, values]) => {
  const { parts, encode } = await import("/floats.mjs");
  const bytes = (value) => { const view = new DataView(new ArrayBuffer(8)); view.setFloat64(0, value); return view.getBigUint64(0).toString(); };
  return formats.map((format, at) => ({
    read: patterns[at].map((pattern) => { const found = parts(format, BigInt(pattern)); return [bytes(found.value), found.kind, found.sign]; }),
    written: values.map((value) => encode(format, Number(value)).toString()),
  }));
}"""


def formats():
    for name in FLOATS:
        one = find(name)
        yield {
            "name": name,
            "bits": 8 * one.itemsize,
            "exponent": one.format.exponent,
            "mantissa": one.format.mantissa,
            "bias": one.format.bias,
        }


def double(text):
    return struct.unpack(">d", int(text).to_bytes(8, "big"))[0]


def test_bits_and_numbers_are_those_of_torch(blank):
    chosen = random.Random(7)
    values = EDGES + [chosen.uniform(-2, 2) * 2.0 ** chosen.randint(-160, 130) for _ in range(300)]
    patterns = [
        [0, 1, 2 ** (one["bits"] - 1), 2 ** one["bits"] - 1, *(chosen.getrandbits(one["bits"]) for _ in range(300))]
        for one in formats()
    ]
    answers = blank.evaluate(
        _RUN,
        [
            list(formats()),
            [[str(p) for p in row] for row in patterns],
            [repr(v).replace("inf", "Infinity") for v in values],
        ],
    )
    for one, row, answer in zip(formats(), patterns, answers, strict=True):
        dtype, bits = getattr(torch, one["name"]), one["bits"]
        signed = torch.tensor([p - 2**bits if p >= 2 ** (bits - 1) else p for p in row], dtype=INTEGERS[one["name"]])
        expected = signed.view(dtype).double()
        found = torch.tensor([double(text) for text, _, _ in answer["read"]], dtype=torch.float64)
        assert torch.equal(found.isnan(), expected.isnan())
        assert torch.equal(found.nan_to_num(7), expected.nan_to_num(7))
        assert [sign for _, _, sign in answer["read"]] == [p >> (bits - 1) for p in row]
        tiny = torch.finfo(dtype).smallest_normal
        kinds = ["nan" if v != v else "infinity" if abs(v) == float("inf") else "zero" if v == 0 else "subnormal" if abs(v) < tiny else "normal" for v in expected.tolist()]  # fmt: skip
        assert [kind for _, kind, _ in answer["read"]] == kinds
        rounded = torch.tensor(values, dtype=torch.float64).to(dtype).view(INTEGERS[one["name"]]).tolist()
        assert [int(text) for text in answer["written"]] == [p % 2**bits for p in rounded], one["name"]


def test_flipping_a_bit_changes_the_number_and_the_other_formats(blank):
    mount(blank, "float_bits.mjs", "sheet.css")
    words = {
        key: key
        for key in [
            "number",
            "bits",
            "sign",
            "exponent",
            "mantissa",
            "unreadable",
            "error",
            "overflow",
            "subnormal",
            "zero",
            "infinity",
            "nan",
        ]
    }
    data = {"formats": list(formats()), "presets": [["1", "1"]], "start": "1", "words": words}
    blank.evaluate("data => view.update(data)", data)
    rows = blank.locator("section.card")
    assert rows.locator("output").all_inner_texts() == ["1"] * 4
    rows.nth(0).locator(".sign .bit").click()
    assert rows.locator("output").all_inner_texts() == ["-1"] * 4
    rows.nth(0).locator(".exponent .bit").first.click()  # 0 01111 ... -> 0 11111: infinity
    assert rows.locator("output").all_inner_texts() == ["-inf"] * 4
    rows.nth(0).locator(".mantissa .bit").last.click()
    assert rows.locator("output").all_inner_texts() == ["nan"] * 4
    field = blank.get_by_label("number")
    field.fill("1/3")
    third = torch.tensor(1 / 3, dtype=torch.float64)
    expected = [repr(third.to(getattr(torch, name)).double().item()) for name in FLOATS]
    assert rows.locator("output").all_inner_texts() == expected
    field.fill("many")
    assert blank.locator("p.note").first.inner_text() == "unreadable"
    assert rows.locator("output").all_inner_texts() == expected
