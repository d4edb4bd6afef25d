r"""The LaTeX of our formulas: its letters, its plain text for screen readers and terminals, its MathML for the browser.

Only formulas of this package ever come here, with numbers put in, never a text of a user. Of LaTeX they use letters, numbers, ``\frac``,
``\sqrt``, sub- and superscripts in braces, ``\operatorname``, ``\text`` and the symbols below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S| +")
_NAMED = re.compile(r"\\(?:operatorname|mathrm|text|mathbf|mathcal|bar|hat|overline)\{[^}]*\}|\\[a-zA-Z]+|[a-zA-Z]")
_GREEK = {
    rf"\{name}"
    for name in [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "theta",
        "lambda",
        "mu",
        "pi",
        "sigma",
        "tau",
        "psi",
        "varphi",
        "Gamma",
        "Phi",
    ]
}
_WORD = re.compile(r"<mo>([A-Za-z_]{2,}\d*)</mo>")
"""A name that is no operator and needs no room around it."""
_SIGN = re.compile(r"(&#x0003D;</mo>|&#x00028;</mo>|,</mo>)<mo>&#x02212;</mo>")
"""A minus that subtracts nothing."""
_APPLIED = re.compile(r"(<mi>[A-Za-z_]{2,}\d*</mi>)(?=<m(?:i|n|frac|sub|sup|sqrt|over)\b)")
"""A function beside its argument without brackets."""
_MATH = re.compile(r"<math[^>]*>|</math>")

_SYMBOLS = {
    **{name: f" {sign} " for name, sign in zip(
        ("cdot", "odot", "times", "le", "ge", "ne", "in", "notin", "to", "leftarrow", "ast"), "·⊙×≤≥≠∈∉→←∗", strict=True
    )},
    **dict(zip(
        ("alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "pi", "sigma", "tau", "psi", "varphi", "Gamma", "Phi", "partial", "nabla"),
        "αβγδθλμπστψφΓΦ∂∇", strict=True
    )),
    **dict(zip(
        ("infty", "sum", "prod", "int", "top", "lfloor", "rfloor", "lceil", "rceil", "lvert", "rvert", "lVert", "rVert", "lnot", "ldots"),
        "∞ΣΠ∫ᵀ⌊⌋⌈⌉||‖‖¬…", strict=True
    )),
    "cdots": " ⋯ ", "quad": " ", ",": "", ";": " ", "_": "_", "\\": "; ",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("0123456789+-−nkT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿᵏᵀ")
_SUBSCRIPTS = str.maketrans("0123456789+-−jkipn", "₀₁₂₃₄₅₆₇₈₉₊₋₋ⱼₖᵢₚₙ")
_HIGH, _SMALL = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵏᵀ", "₀₁₂₃₄₅₆₇₈₉₊₋ⱼₖᵢₚₙ"
_BIG = {"Σ", "Π", "∫"}
_FACTORS = (r"\operatorname", r"\delta", r"\frac", r"\begin")
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "overline": "\u0304"}


def letters_in(latex: str) -> set[str]:
    r"""The letters of a formula, Greek ones as ``\alpha``; names of functions are no letters."""
    found = {re.sub(r"\\(?:bar|hat|overline)\{([^}]*)\}", r"\1", name) for name in _NAMED.findall(latex)}
    return {name for name in found if len(name) == 1 or name in _GREEK}


def put_in(latex: str, values: Mapping[str, str]) -> str:
    """The formula with its letters replaced, an accented one as a whole."""
    return _NAMED.sub(lambda found: values.get(found[0], found[0]), latex)


def inside(latex: str) -> str:
    """The MathML of a formula without its outermost element, to be part of another."""
    return _MATH.sub("", mathml(latex))


def fill_mathml(latex: str, values: Mapping[str, str]) -> str:
    """`inside` with letters replaced by further MathML, accented ones first: many times as fast as converting again."""
    drawn = inside(latex)
    for letter in sorted(values, key=len, reverse=True):
        drawn = drawn.replace(_bare(letter), values[letter])
    return drawn


@cache
def _bare(letter: str) -> str:
    return inside(letter).removeprefix("<mrow>").removesuffix("</mrow>")


@cache
def mathml(latex: str) -> str:
    """The formula as one ``<math>`` element, which browsers draw by themselves."""
    from latex2mathml.converter import convert  # takes 50 ms, and only pages with formulas need it

    text: str = convert(latex.replace(r"\_", "_"))
    text = _WORD.sub(r"<mi>\1</mi>", text)
    text = _SIGN.sub(r'\1<mo form="prefix">&#x02212;</mo>', text)
    return _APPLIED.sub(r'\1<mspace width="0.17em"/>', text)


@lru_cache(maxsize=8192)
def plain(latex: str) -> str:
    """The formula in one line of Unicode, as in ``g · (1 − y²)``."""
    text = _Plain(latex).all()
    text = re.sub(r" +", " ", text).replace("( ", "(").replace(" )", ")").replace(" ,", ",")
    return re.sub(r"∗ ᵀ *", "∗ᵀ ", text).strip()


class _Plain:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self._tokens: list[str] = _TOKEN.findall(latex)
        self._at = 0

    def all(self) -> str:
        """Everything up to the end, or to the brace that closes this group."""
        parts: list[str] = []
        while self._at < len(self._tokens):
            piece = self._next()
            if piece == "}":
                break
            if piece in ("^", "_"):
                parts.append(_raised(self._group()) if piece == "^" else _lowered(self._group()))
                if len(parts) > 1 and parts[-2].endswith("log"):
                    parts.append(" ")
            elif piece in ("+", "-", "=", "<", ">", ","):
                parts.append(_sign(piece, "".join(parts).rstrip(" ")))
            else:
                parts.append(self._one(piece))
        return "".join(parts)

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _group(self) -> str:
        """What stands in braces, or the next piece alone."""
        piece = self._next()
        return self.all() if piece == "{" else self._one(piece)

    def _one(self, piece: str) -> str:
        name = piece[1:]
        if piece == "{":
            return self.all()
        if piece.isspace():
            return " " if self._joins_factors() else ""
        if piece[0] != "\\":
            return ", " if piece == "&" else piece
        if name == "frac":
            above, below = self._group(), self._group()
            if above.startswith("∂"):
                return f"{above}/{below}"
            return f"{_held(above, products=False)} / {_held(below)}"
        if name == "sqrt":
            return f"√{_held(self._group())}"
        if name in _ACCENTS:
            return self._group() + _ACCENTS[name]
        if name in ("operatorname", "mathrm", "text", "mathbf", "mathcal"):
            return self._word()
        if name in ("begin", "end"):
            self._word()
            return "(" if name == "begin" else ")"
        sign = _SYMBOLS.get(name)
        if sign in _BIG:
            return f"{sign}{self._limits()} "
        if sign is not None:
            return sign
        return f"{name}{'' if self._has_limits() or self._opens() else ' '}"

    def _limits(self) -> str:
        """Under and over a sum, as in ``[i = 0 … p − 1]``, or one small letter."""
        found: list[str] = []
        while self._has_limits():
            self._next()
            found.append(self._group().strip())
        small = "".join(found).translate(_SUBSCRIPTS)
        if len(found) < 2 and len(small) < 2 and all(one in _SMALL for one in small):
            return small
        return f"[{' … '.join(found)}]"

    def _word(self) -> str:
        """The letters in braces as they stand."""
        found: list[str] = []
        self._next()
        while (piece := self._next()) != "}":
            found.append("_" if piece == r"\_" else piece)
        return "".join(found) + ("" if self._has_limits() or self._opens() else " ")

    def _has_limits(self) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in "_^'"

    def _joins_factors(self) -> bool:
        """Whether this space stands between two factors of a matrix product."""
        before, after = self._tokens[self._at - 2], self._tokens[self._at : self._at + 1]
        return (
            bool(after)
            and (before.isalnum() or before in "})")
            and (after[0][0].isalpha() or after[0] == "(" or after[0] in _FACTORS)
        )

    def _opens(self) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in "()[]}"


def _parts(text: str) -> Iterator[str]:
    """The signs that join a text's outermost pieces."""
    depth = 0
    for place, one in enumerate(text):
        depth += (one in "([") - (one in ")]")
        if depth == 0 and place and one in " +−·/":
            yield one


def _held(text: str, products: bool = True) -> str:
    """In brackets where it would fall apart."""
    joins = set(_parts(text))
    composite = joins if products else joins & {"+", "−"}
    return f"({text.strip()})" if composite else text


def _raised(text: str) -> str:
    raised = text.strip().replace(" ", "").translate(_SUPERSCRIPTS)
    if raised in ("∗", "'", "+", "⁺ᵀ") or all(one in _HIGH for one in raised):
        return raised
    if re.fullmatch(r"\([^()]*\)", text):
        return f"^{text}"
    return f"^({text.strip()})" if re.search(r"[ (−]", text.strip()) else f"^{text}"


def _lowered(text: str) -> str:
    lowered = text.strip().replace(" ", "").translate(_SUBSCRIPTS)
    if all(one in _SMALL for one in lowered):
        return lowered
    return f"_({text.strip()})" if re.search(r"[ :]", text.strip()) else f"_{text}"


def _sign(piece: str, before: str) -> str:
    if piece == ",":
        return ", "
    if piece == "-":
        return "−" if not before or before[-1] in "(=,;[·/^<>≤≥" else " − "
    return f" {piece} "
