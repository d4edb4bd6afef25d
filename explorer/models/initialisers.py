"""The ways of ``nn.init``, each as code, with what theory says of its numbers: their bound and their standard deviation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MOST_FEATURES = 1_024

_KERNEL = 3
"""Of the weight that only a convolution has."""


def _nothing(_ins: int, _outs: int) -> float | None:
    return None


@dataclass(frozen=True)
class Initialiser:
    """One way to fill the weight of a layer with `ins` inputs and `outs` outputs, of shape ``(outs, ins)``."""

    name: str
    call: str
    """Fills ``weight``."""
    std: Callable[[int, int], float]
    """Of its numbers, by fan_in and fan_out."""
    bound: Callable[[int, int], float | None] = _nothing
    """The largest that a number can be, where there is such a bound."""
    formula: str = ""
    """LaTeX of the bound or of the standard deviation."""
    kernel: bool = False
    """Whether it takes weights of convolutions only, ``(outs, ins, 3)``."""

    @property
    def description(self) -> str:
        """Key of one sentence on it."""
        return f"initialisation.{self.name}"

    def code(self, ins: int, outs: int) -> str:
        """The text that makes ``weight``."""
        if self.name == "linear":
            return f"layer = nn.Linear({ins}, {outs})\nweight = layer.weight.detach()"
        shape = f"{outs}, {ins}, {_KERNEL}" if self.kernel else f"{outs}, {ins}"
        return f"weight = torch.empty({shape})\n{self.call}"


def _kaiming(ins: int, _outs: int) -> float:
    return math.sqrt(2 / ins)


def _xavier(ins: int, outs: int) -> float:
    return math.sqrt(2 / (ins + outs))


def _uniform(std: Callable[[int, int], float]) -> Callable[[int, int], float]:
    """A uniform distribution of that standard deviation ends at the square root of three times it."""
    return lambda ins, outs: math.sqrt(3) * std(ins, outs)


def _share(ones: Callable[[int, int], int], size: Callable[[int, int], int]) -> Callable[[int, int], float]:
    """Of zeros with some ones among them."""

    def std(ins: int, outs: int) -> float:
        share = ones(ins, outs) / size(ins, outs)
        return math.sqrt(share * (1 - share))

    return std


_TRUNCATED = 0.8796256610342398
"""Of a standard normal cut at two: the square root of ``1 - 4 phi(2) / (2 Phi(2) - 1)``."""

_ALL = (
    Initialiser(
        "linear",
        "",
        lambda ins, outs: 1 / math.sqrt(3 * ins),
        lambda ins, outs: 1 / math.sqrt(ins),
        r"|w| \le \frac{1}{\sqrt{\mathrm{fan\_in}}}",
    ),
    Initialiser(
        "kaiming_uniform_",
        'nn.init.kaiming_uniform_(weight, nonlinearity="relu")',
        _kaiming,
        _uniform(_kaiming),
        r"|w| \le \sqrt{2} \sqrt{\frac{3}{\mathrm{fan\_in}}}",
    ),
    Initialiser(
        "kaiming_normal_",
        'nn.init.kaiming_normal_(weight, nonlinearity="relu")',
        _kaiming,
        formula=r"\sigma = \frac{\sqrt{2}}{\sqrt{\mathrm{fan\_in}}}",
    ),
    Initialiser(
        "xavier_uniform_",
        "nn.init.xavier_uniform_(weight)",
        _xavier,
        _uniform(_xavier),
        r"|w| \le \sqrt{\frac{6}{\mathrm{fan\_in} + \mathrm{fan\_out}}}",
    ),
    Initialiser(
        "xavier_normal_",
        "nn.init.xavier_normal_(weight)",
        _xavier,
        formula=r"\sigma = \sqrt{\frac{2}{\mathrm{fan\_in} + \mathrm{fan\_out}}}",
    ),
    Initialiser(
        "orthogonal_",
        "nn.init.orthogonal_(weight)",
        lambda ins, outs: 1 / math.sqrt(max(ins, outs)),
        formula=r"\sigma = \frac{1}{\sqrt{\max(\mathrm{fan\_in}, \mathrm{fan\_out})}}",
    ),
    Initialiser(
        "uniform_",
        "nn.init.uniform_(weight, -1, 1)",
        lambda ins, outs: 1 / math.sqrt(3),
        lambda ins, outs: 1.0,
        r"|w| \le 1, \quad \sigma = \frac{1}{\sqrt{3}}",
    ),
    Initialiser("normal_", "nn.init.normal_(weight)", lambda ins, outs: 1.0, formula=r"\sigma = 1"),
    Initialiser(
        "trunc_normal_",
        "nn.init.trunc_normal_(weight)",
        lambda ins, outs: _TRUNCATED,
        lambda ins, outs: 2.0,
        r"|w| \le 2, \quad \sigma = \sqrt{1 - \frac{4 \varphi(2)}{2 \Phi(2) - 1}}",
    ),
    Initialiser(
        "constant_",
        "nn.init.constant_(weight, 0.5)",
        lambda ins, outs: 0.0,
        lambda ins, outs: 0.5,
        r"w = 0.5",
    ),
    Initialiser(
        "eye_",
        "nn.init.eye_(weight)",
        _share(min, lambda ins, outs: ins * outs),
        lambda ins, outs: 1.0,
        r"w_{ij} = [i = j]",
    ),
    Initialiser(
        "dirac_",
        "nn.init.dirac_(weight)",
        _share(min, lambda ins, outs: ins * outs * _KERNEL),
        lambda ins, outs: 1.0,
        r"w_{i j k} = [i = j][k = 1]",
        kernel=True,
    ),
    Initialiser(
        "sparse_",
        "nn.init.sparse_(weight, sparsity=0.9)",
        lambda ins, outs: 0.01 * math.sqrt(1 - math.ceil(0.9 * outs) / outs),
        formula=r"\sigma = 0.01 \sqrt{1 - 0.9}",
    ),
)

INITIALISERS: Mapping[str, Initialiser] = MappingProxyType({one.name: one for one in _ALL})
"""By name; the first is what ``nn.Linear`` does by itself."""
