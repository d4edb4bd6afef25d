r"""Inverses, determinants, systems of equations and factorizations, for real matrices; for complex ones each ``\top`` is a conjugate transpose."""

from __future__ import annotations

from explorer.derivatives.entry import row, to

_CHOLESKY = r"\operatorname{sym}(L^{-\top} \operatorname{low}(L^{\top} g) L^{-1})"

FACTORIZATIONS = (
    row("LinalgInvExBackward0", r"y = A^{-1}", to("A", "A", r"-y^{\top} g y^{\top}"), notes="singular", y="inverse"),
    row("LinalgPinvBackward0", r"y = A^{+}", to("self", "A", r"-y^{\top} g y^{\top} + r(g, y, A)"), notes="pinv"),
    row("LinalgDetBackward0", r"\det A", to("A", "A", r"g \cdot y \cdot A^{-\top}"), notes="singular_det"),
    row("LinalgSlogdetBackward0", r"\ln \lvert \det A \rvert", to("A", "A", r"g \cdot A^{-\top}"), notes="singular"),
    row(
        "LinalgSolveExBackward0",
        r"y = A^{-1} B",
        to("A", "A", r"-(A^{-\top} g) y^{\top}"),
        to("B", "B", r"A^{-\top} g"),
        notes="singular",
    ),
    row(
        "LinalgSolveTriangularBackward0",
        r"y = A^{-1} B",
        to("self", "A", r"-\operatorname{tri}((A^{-\top} g) y^{\top})"),
        to("B", "B", r"A^{-\top} g"),
        notes="triangle",
    ),
    row(
        "TriangularSolveBackward0",
        r"y = A^{-1} B",
        to("self", "B", r"A^{-\top} g"),
        to("A", "A", r"-\operatorname{tri}((A^{-\top} g) y^{\top})"),
        notes="triangle",
        y="solution",
    ),
    row("CholeskyBackward0", r"A = L L^{\top}", to("self", "A", _CHOLESKY), notes="cholesky", L="result"),
    row("LinalgCholeskyExBackward0", r"A = L L^{\top}", to("self", "A", _CHOLESKY), notes="cholesky", L="L"),
    row(
        "CholeskySolveBackward0",
        r"y = (L L^{\top})^{-1} B",
        to("self", "B", r"(L L^{\top})^{-1} g"),
        to("input2", "L", r"-((L L^{\top})^{-1} g y^{\top} + y g^{\top} (L L^{\top})^{-1}) L"),
        notes="singular",
    ),
    row(
        "CholeskyInverseBackward0",
        r"y = (L L^{\top})^{-1}",
        to("self", "L", r"-y (g + g^{\top}) y L"),
        notes="singular",
    ),
    row(
        "LinalgQrBackward0",
        "A = Q R",
        to("A", "A", r"(g_{Q} + Q \operatorname{copyltu}(R g_{R}^{\top} - g_{Q}^{\top} Q)) R^{-\top}"),
        notes="qr",
        Q="Q",
        R="R",
    ),
    row(
        "LinalgEighBackward0",
        r"A = Q \operatorname{diag}(\lambda) Q^{\top}",
        to(
            "A",
            "A",
            r"Q (\operatorname{diag}(g_{\lambda}) + E \cdot (Q^{\top} g_{Q})) Q^{\top}, \quad E_{j k} = \frac{[j \ne k]}{\lambda_{k} - \lambda_{j}}",
        ),
        notes="eigenvalues",
        Q="eigenvectors",
        **{"lambda": "eigenvalues"},
    ),
    row(
        "LinalgEigBackward0",
        r"A = V \operatorname{diag}(\lambda) V^{-1}",
        to(
            "self",
            "A",
            r"V^{-\top} (\operatorname{diag}(g_{\lambda}) + E \cdot (V^{\top} g_{V} - N)) V^{\top}, \quad E_{j k} = \frac{[j \ne k]}{\lambda_{k} - \lambda_{j}}",
        ),
        notes="eigenvalues eig",
        V="eigenvectors",
        **{"lambda": "eigenvalues"},
    ),
    row(
        "LinalgSvdBackward0",
        r"A = U \operatorname{diag}(s) V^{\top}",
        to("A", "A", r"U (\operatorname{diag}(g_{s}) + M) V^{\top}"),
        notes="svd",
        U="U",
        s="S",
        V="Vh",
    ),
    row(
        "LinalgLuBackward0",
        "A = P L U",
        to(
            "A",
            "A",
            r"P L^{-\top} (\operatorname{tril}_{-1}(L^{\top} g_{L}) + \operatorname{triu}(g_{U} U^{\top})) U^{-\top}",
        ),
        notes="lu",
        P="P",
        L="L",
        U="U",
    ),
    row(
        "LinalgLuFactorExBackward0",
        "A = P L U",
        to("A", "A", r"P L^{-\top} (\operatorname{tril}_{-1}(L^{\top} g) + \operatorname{triu}(g U^{\top})) U^{-\top}"),
        notes="lu packed",
        L="LU",
        U="LU",
        P="pivots",
    ),
    row(
        "LinalgLstsqBackward0",
        r"y = A^{+} b",
        to("self", "A", r"(b - A y) (A^{+\top} g)^{\top} A^{+\top} - (A^{+\top} g) y^{\top}"),
        to("b", "b", r"A^{+\top} g"),
        notes="lstsq",
        y="solution",
    ),
    row(
        "LinalgMatrixExpBackward0",
        r"e^{A}",
        to("self", "A", r"\int_{0}^{1} e^{t \cdot A^{\top}} g e^{(1 - t) \cdot A^{\top}} dt"),
        notes="matrix_exp",
    ),
    row(
        "LinalgHouseholderProductBackward0",
        r"Q = H_{1} \cdots H_{k}, \quad H_{j} = I - \tau_{j} \cdot v_{j} v_{j}^{\top}",
        to("input", "v", r"-\tau_{j} \cdot (G_{j} + G_{j}^{\top}) v_{j}"),
        to("tau", r"\tau", r"-v_{j}^{\top} G_{j} v_{j}"),
        notes="householder",
    ),
)
