"""Complex numbers and Fourier transforms. torch's gradient of a real loss by z is the direction of steepest ascent, dL/dRe z + i dL/dIm z."""

from __future__ import annotations

from explorer.derivatives.entry import move, row, to

COMPLEXES = (
    row(
        "ComplexBackward0",
        r"a + i \cdot b",
        to("real", "a", r"\operatorname{Re}(g)"),
        to("imag", "b", r"\operatorname{Im}(g)"),
        notes="complex",
    ),
    row(
        "PolarBackward0",
        r"r \cdot e^{i \cdot \theta}",
        to("abs", "r", r"\operatorname{Re}(\overline{g} \cdot \frac{y}{\lvert y \rvert})"),
        to("angle", r"\theta", r"\operatorname{Re}(\overline{g} \cdot i \cdot y)"),
        notes="complex",
    ),
    move("ConjBackward0 ConjPhysicalBackward0", r"\overline{x}", r"\overline{g}", "complex"),
    move(
        "AngleBackward0",
        r"\operatorname{arg} x",
        r"g \cdot \frac{i \cdot x}{\lvert x \rvert^{2}}",
        "complex real_angle",
    ),
    move(
        "SgnBackward0",
        r"\frac{x}{\lvert x \rvert}",
        r"\frac{g - \operatorname{Re}(\overline{g} \cdot y) \cdot y}{\lvert x \rvert}",
        "complex at_0",
    ),
    move("ViewAsRealBackward0", r"(\operatorname{Re} x, \operatorname{Im} x)", r"g_{0} + i \cdot g_{1}", "complex"),
    move("ViewAsComplexBackward0", r"x_{0} + i \cdot x_{1}", r"(\operatorname{Re} g, \operatorname{Im} g)", "complex"),
    move("FftC2CBackward0", r"\mathcal{F} x", r"\mathcal{F}^{\ast} g", "fourier"),
    move(
        "FftR2CBackward0",
        r"\mathcal{F} x",
        r"\operatorname{Re}(\mathcal{F}^{\ast} \operatorname{pad}(g))",
        "fourier onesided",
    ),
    move("FftC2RBackward0", r"\operatorname{Re}(\mathcal{F}^{\ast} x)", r"c \cdot \mathcal{F} g", "fourier twice"),
)
