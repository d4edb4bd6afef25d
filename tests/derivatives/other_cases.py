"""Calls of torch that mix elements: sums, matrices, moves, networks, losses; with their formulas by hand where that is short."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.derivatives.pointwise_cases import COMPLEX, A, B, C, Case, over

V = A[0].clone()
U = B[0].clone()
SQUARE = torch.tensor([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [-0.6, 0.2, 3.0]], dtype=torch.float64)
OTHER = torch.tensor([[1.0, -0.5], [0.3, 2.0], [-1.1, 0.7]], dtype=torch.float64)
POSITIVE = SQUARE @ SQUARE.T
BATCH = torch.stack((SQUARE, SQUARE.T + 1))
BATCH2 = torch.stack((OTHER, OTHER - 1))
IMAGE = torch.linspace(-1, 2, 2 * 2 * 4 * 4, dtype=torch.float64).sin().reshape(2, 2, 4, 4)
VOLUME = torch.linspace(-1, 2, 64, dtype=torch.float64).sin().reshape(1, 1, 4, 4, 4)
SIGNAL = IMAGE.reshape(2, 2, 16)[..., :6].clone()
WEIGHT = torch.linspace(-1, 1, 3 * 2 * 2 * 2, dtype=torch.float64).cos().reshape(3, 2, 2, 2)
INDEX = torch.tensor([[0, 1, 1], [1, 0, 1]])
MASK = torch.tensor([[True, False, True], [False, True, True]])
CLASSES = torch.tensor([2, 0])
T01 = torch.tensor([[0.2, 0.9, 0.5], [1.0, 0.0, 0.4]], dtype=torch.float64)


def sym(a: Tensor) -> Tensor:
    return (a + a.mT) / 2


def low(a: Tensor) -> Tensor:
    """The lower triangle with half of the diagonal."""
    return a.tril() - a.diag().diag() / 2


def cholesky(g: Tensor, y: Tensor, a: Tensor) -> Tensor:
    inverse = y.inverse()
    return sym(inverse.mT @ low(y.mT @ g) @ inverse)


def put(g: Tensor, like: Tensor, dim: int, index: Tensor) -> Tensor:
    return torch.zeros_like(like).scatter_add(dim, index, g)


def evenly(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    chosen = over(x == y)
    return g * chosen / chosen.sum()


def norm_rule(g: Tensor, x: Tensor, mean: Tensor, deviation: Tensor, dims: tuple[int, ...]) -> Tensor:
    hat = (x - mean) / deviation
    return (g - g.mean(dims, keepdim=True) - hat * (g * hat).mean(dims, keepdim=True)) / deviation


def batch_norm(g: Tensor, y: Tensor, x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    dims = (0, 2, 3)
    mean, deviation = x.mean(dims, keepdim=True), (x.var(dims, correction=0, keepdim=True) + 1e-5).sqrt()
    hat = (x - mean) / deviation
    return norm_rule(g * w[:, None, None], x, mean, deviation, dims), (g * hat).sum(dims), g.sum(dims)


def layer_norm(g: Tensor, y: Tensor, x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    mean, deviation = x.mean(1, keepdim=True), (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    return norm_rule(g * w, x, mean, deviation, (1,)), (g * (x - mean) / deviation).sum(0), g.sum(0)


def group_norm(g: Tensor, y: Tensor, x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    dims = (1, 2, 3)
    mean, deviation = x.mean(dims, keepdim=True), (x.var(dims, correction=0, keepdim=True) + 1e-5).sqrt()
    hat = (x - mean) / deviation
    return norm_rule(g * w[:, None, None], x, mean, deviation, dims), (g * hat).sum((0, 2, 3)), g.sum((0, 2, 3))


def attention(g: Tensor, y: Tensor, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, ...]:
    scale = q.shape[-1] ** -0.5
    p = (q @ k.mT * scale).softmax(-1)
    dp = g @ v.mT
    ds = p * (dp - (dp * p).sum(-1, keepdim=True))
    return ds @ k * scale, ds.mT @ q * scale, p.mT @ g


def qr(grads: tuple[Tensor, ...], y: tuple[Tensor, ...], a: Tensor) -> Tensor:
    (gq, gr), (q, r) = grads, y
    m = r @ gr.mT - gq.mT @ q
    return (gq + q @ (m.tril() + m.tril(-1).mT)) @ r.inverse().mT


def eigh(grads: tuple[Tensor, ...], y: tuple[Tensor, ...], a: Tensor) -> Tensor:
    (gl, gv), (values, q) = grads, y
    gap = values[None, :] - values[:, None]
    f = torch.where(gap == 0, torch.zeros_like(gap), 1 / gap)
    return q @ (gl.diag() + f * (q.mT @ gv)) @ q.mT


REDUCTIONS: dict[str, Case] = {
    "SumBackward0": (torch.sum, (A,), lambda g, y, x: g.expand(2, 3)),
    "SumBackward1": (lambda x: x.sum(1), (A,), lambda g, y, x: g[:, None].expand(2, 3)),
    "NansumBackward0": (lambda x: x.nansum(1), (A,), lambda g, y, x: g[:, None] * over(~x.isnan())),
    "MeanBackward0": (torch.mean, (A,), lambda g, y, x: (g / 6).expand(2, 3)),
    "MeanBackward1": (lambda x: x.mean(1), (A,), lambda g, y, x: (g / 3)[:, None].expand(2, 3)),
    "ProdBackward0": (torch.prod, (A,), lambda g, y, x: g * y / x),
    "ProdBackward1": (lambda x: x.prod(1), (A,), lambda g, y, x: (g * y)[:, None] / x),
    "VarBackward0": (torch.var, (A,), lambda g, y, x: g * 2 / 5 * (x - x.mean())),
    "StdBackward0": (torch.std, (A,), lambda g, y, x: g * (x - x.mean()) / (5 * y)),
    "VarMeanBackward0": (
        torch.var_mean,
        (A,),
        lambda g, y, x: g[0] * 2 / 5 * (x - x.mean()) + g[1] / 6,
    ),
    "StdMeanBackward0": (
        torch.std_mean,
        (A,),
        lambda g, y, x: g[0] * (x - x.mean()) / (5 * y[0]) + g[1] / 6,
    ),
    "LinalgVectorNormBackward0": (torch.linalg.vector_norm, (A,), lambda g, y, x: g * x / y),
    "NormBackward0": (torch._VF.norm, (A,), lambda g, y, x: g * x / y),
    "NormBackward1": (
        lambda x: torch._VF.norm(x, 3, [0]),
        (A,),
        lambda g, y, x: g * x.sign() * x.abs() ** 2 / y**2,
    ),
    "LogsumexpBackward0": (lambda x: x.logsumexp(0), (A,), lambda g, y, x: g * (x - y).exp()),
    "MaxBackward0": (
        lambda x: x.max(0).values,
        (A,),
        lambda g, y, x: put(g[None], x, 0, x.argmax(0)[None]),
    ),
    "MaxBackward1": (torch.max, (A.abs().ceil(),), evenly),
    "MinBackward0": (
        lambda x: x.min(0).values,
        (A,),
        lambda g, y, x: put(g[None], x, 0, x.argmin(0)[None]),
    ),
    "MinBackward1": (torch.min, (A.abs().ceil(),), evenly),
    "AmaxBackward0": (lambda x: x.amax(), (A.abs().ceil(),), evenly),
    "AminBackward0": (lambda x: x.amin(), (A.abs().ceil(),), evenly),
    "AminmaxBackward0": (
        torch.aminmax,
        (A,),
        lambda g, y, x: evenly(g[0], y[0], x) + evenly(g[1], y[1], x),
    ),
    "MedianBackward0": (torch.median, (A,), evenly),
    "MedianBackward1": (
        lambda x: x.median(1).values,
        (A,),
        lambda g, y, x: g[:, None] * over(x == y[:, None]),
    ),
    "NanmedianBackward0": (torch.nanmedian, (A,), evenly),
    "ModeBackward0": (
        lambda x: x.mode(1).values,
        (A,),
        lambda g, y, x: g[:, None] * over(x == y[:, None]),
    ),
    "KthvalueBackward0": (
        lambda x: x.kthvalue(2, 1).values,
        (A,),
        lambda g, y, x: g[:, None] * over(x == y[:, None]),
    ),
    "TopkBackward0": (
        lambda x: x.topk(2, 1).values,
        (A,),
        lambda g, y, x: put(g, x, 1, x.topk(2, 1).indices),
    ),
    "SortBackward0": (
        lambda x: x.sort(1).values,
        (A,),
        lambda g, y, x: put(g, x, 1, x.sort(1).indices),
    ),
    "CumsumBackward0": (lambda x: x.cumsum(1), (A,), lambda g, y, x: g.flip(1).cumsum(1).flip(1)),
    "CumprodBackward0": (
        lambda x: x.cumprod(1),
        (A,),
        lambda g, y, x: (g * y).flip(1).cumsum(1).flip(1) / x,
    ),
    "LogcumsumexpBackward0": (
        lambda x: x.logcumsumexp(1),
        (A,),
        lambda g, y, x: x.exp() * (g * (-y).exp()).flip(1).cumsum(1).flip(1),
    ),
    "CummaxBackward0": (
        lambda x: x.cummax(1).values,
        (A,),
        lambda g, y, x: put(g, x, 1, x.cummax(1).indices),
    ),
    "CumminBackward0": (
        lambda x: x.cummin(1).values,
        (A,),
        lambda g, y, x: put(g, x, 1, x.cummin(1).indices),
    ),
    "EuclideanDistBackward0": (
        lambda a, b: torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist"),
        (A, C),
        lambda g, y, a, b: (
            (g[..., None] * (a[:, None] - b[None]) / y[..., None]).sum(1),
            (g[..., None] * (b[None] - a[:, None]) / y[..., None]).sum(0),
        ),
    ),
    "CdistBackward0": (
        lambda a, b: torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist"),
        (A, C),
        lambda g, y, a, b: (
            (g[..., None] * (a[:, None] - b[None]) / y[..., None]).sum(1),
            (g[..., None] * (b[None] - a[:, None]) / y[..., None]).sum(0),
        ),
    ),
    "PdistBackward0": (F.pdist, (A,), lambda g, y, x: torch.stack((g * (x[0] - x[1]) / y, g * (x[1] - x[0]) / y))),
}

MATRICES: dict[str, Case] = {
    "MmBackward0": (torch.mm, (SQUARE, OTHER), lambda g, y, a, b: (g @ b.T, a.T @ g)),
    "BmmBackward0": (torch.bmm, (BATCH, BATCH2), lambda g, y, a, b: (g @ b.mT, a.mT @ g)),
    "MvBackward0": (torch.mv, (SQUARE, V), lambda g, y, a, v: (torch.outer(g, v), a.T @ g)),
    "DotBackward0": (torch.dot, (V, U), lambda g, y, a, b: (g * b, g * a)),
    "VdotBackward0": (
        torch.vdot,
        (COMPLEX[0], COMPLEX[1]),
        lambda g, y, a, b: (g.conj() * b, g * a),
    ),
    "AddmmBackward0": (
        lambda c, a, b: torch.addmm(c, a, b, beta=2, alpha=3),
        (OTHER, SQUARE, OTHER),
        lambda g, y, c, a, b: (2 * g, 3 * g @ b.T, 3 * a.T @ g),
    ),
    "AddmvBackward0": (
        torch.addmv,
        (U, SQUARE, V),
        lambda g, y, c, a, v: (g, torch.outer(g, v), a.T @ g),
    ),
    "AddrBackward0": (torch.addr, (SQUARE, V, U), lambda g, y, c, a, b: (g, g @ b, g.T @ a)),
    "AddbmmBackward0": (
        torch.addbmm,
        (OTHER, BATCH, BATCH2),
        lambda g, y, c, a, b: (g, g @ b.mT, a.mT @ g),
    ),
    "BaddbmmBackward0": (
        torch.baddbmm,
        (BATCH2, BATCH, BATCH2),
        lambda g, y, c, a, b: (g, g @ b.mT, a.mT @ g),
    ),
    "LinalgCrossBackward0": (
        torch.linalg.cross,
        (V, U),
        lambda g, y, a, b: (torch.linalg.cross(b, g), torch.linalg.cross(g, a)),
    ),
    "TraceBackward0": (torch.trace, (SQUARE,), lambda g, y, a: g * torch.eye(3, dtype=torch.float64)),
    "TrilBackward0": (torch.tril, (SQUARE,), lambda g, y, a: g.tril()),
    "TriuBackward0": (torch.triu, (SQUARE,), lambda g, y, a: g.triu()),
    "DiagonalBackward0": (torch.diagonal, (SQUARE,), lambda g, y, a: torch.diag_embed(g)),
    "DiagEmbedBackward0": (torch.diag_embed, (V,), lambda g, y, a: g.diagonal()),
    "LinalgInvExBackward0": (torch.linalg.inv, (SQUARE,), lambda g, y, a: -y.T @ g @ y.T),
    "LinalgDetBackward0": (torch.linalg.det, (SQUARE,), lambda g, y, a: g * y * a.inverse().T),
    "LinalgSlogdetBackward0": (
        lambda a: torch.linalg.slogdet(a).logabsdet,
        (SQUARE,),
        lambda g, y, a: g * a.inverse().T,
    ),
    "LinalgSolveExBackward0": (
        torch.linalg.solve,
        (SQUARE, OTHER),
        lambda g, y, a, b: (-torch.linalg.solve(a.T, g) @ y.T, torch.linalg.solve(a.T, g)),
    ),
    "LinalgSolveTriangularBackward0": (
        lambda a, b: torch.linalg.solve_triangular(a, b, upper=True),
        (SQUARE.triu(), OTHER),
        lambda g, y, a, b: (-(torch.linalg.solve(a.T, g) @ y.T).triu(), torch.linalg.solve(a.T, g)),
    ),
    "TriangularSolveBackward0": (
        lambda b, a: torch.triangular_solve(b, a).solution,
        (OTHER, SQUARE.triu()),
        lambda g, y, b, a: (torch.linalg.solve(a.T, g), -(torch.linalg.solve(a.T, g) @ y.T).triu()),
    ),
    "CholeskyBackward0": (torch.cholesky, (POSITIVE,), cholesky),
    "LinalgCholeskyExBackward0": (torch.linalg.cholesky, (POSITIVE,), cholesky),
    "CholeskySolveBackward0": (
        torch.cholesky_solve,
        (OTHER, SQUARE.tril()),
        lambda g, y, b, root: (
            (x := torch.cholesky_solve(g, root)),
            -((x @ y.T + y @ x.T) @ root),
        ),
    ),
    "CholeskyInverseBackward0": (
        torch.cholesky_inverse,
        (SQUARE.tril(),),
        lambda g, y, root: -y @ (g + g.T) @ y @ root,
    ),
    "LinalgQrBackward0": (torch.linalg.qr, (SQUARE,), qr),
    "LinalgEighBackward0": (torch.linalg.eigh, (POSITIVE,), None),
    "LinalgEigBackward0": (torch.linalg.eigvals, (SQUARE,), None),
    "LinalgSvdBackward0": (
        lambda a: torch.linalg.svd(a, full_matrices=False).S,
        (SQUARE,),
        lambda g, y, a: torch.linalg.svd(a).U @ g.diag() @ torch.linalg.svd(a).Vh,
    ),
    "LinalgLuFactorExBackward0": (lambda a: torch.linalg.lu_factor(a).LU, (SQUARE,), None),
    "LinalgLuBackward0": (lambda a: torch.linalg.lu(a).L, (SQUARE,), None),
    "LinalgLstsqBackward0": (lambda a, b: torch.linalg.lstsq(a, b).solution, (SQUARE, OTHER), None),
    "LinalgPinvBackward0": (torch.linalg.pinv, (SQUARE,), lambda g, y, a: -y.T @ g @ y.T),
    "LinalgMatrixExpBackward0": (torch.linalg.matrix_exp, (SQUARE,), None),
    "LinalgHouseholderProductBackward0": (torch.linalg.householder_product, (SQUARE, U), None),
    "TrilinearBackward0": (
        F.bilinear,
        (A, C, torch.stack((SQUARE, SQUARE.T))),
        None,
    ),
}

SHAPES: dict[str, Case] = {
    "ViewBackward0": (lambda x: x.view(3, 2), (A,), lambda g, y, x: g.reshape(2, 3)),
    "UnsafeViewBackward0": (lambda a, b: a @ b, (BATCH, OTHER), None),
    "ReshapeAliasBackward0": (
        lambda x: torch.ops.aten._reshape_alias(x, [3, 2], [2, 1]),
        (A,),
        lambda g, y, x: g.reshape(2, 3),
    ),
    "ExpandBackward0": (lambda x: x.expand(2, 3), (V,), lambda g, y, x: g.sum(0)),
    "PermuteBackward0": (lambda x: x.permute(1, 2, 0), (BATCH,), lambda g, y, x: g.permute(2, 0, 1)),
    "TransposeBackward0": (lambda x: x.transpose(0, 1), (A,), lambda g, y, x: g.transpose(0, 1)),
    "TBackward0": (torch.t, (A,), lambda g, y, x: g.T),
    "SqueezeBackward0": (lambda x: x.squeeze(), (A[None],), lambda g, y, x: g[None]),
    "SqueezeBackward1": (lambda x: x.squeeze(0), (A[None],), lambda g, y, x: g[None]),
    "SqueezeBackward2": (lambda x: x.squeeze((0, 1)), (A[None],), lambda g, y, x: g[None]),
    "UnsqueezeBackward0": (lambda x: x.unsqueeze(0), (A,), lambda g, y, x: g[0]),
    "CatBackward0": (lambda a, b: torch.cat((a, b), 1), (A, B), lambda g, y, a, b: (g[:, :3], g[:, 3:])),
    "StackBackward0": (lambda a, b: torch.stack((a, b)), (A, B), lambda g, y, a, b: (g[0], g[1])),
    "BlockDiagBackward0": (torch.block_diag, (A, B), lambda g, y, a, b: (g[:2, :3], g[2:, 3:])),
    "SplitBackward0": (lambda x: x.split(2, 1), (A,), lambda g, y, x: torch.cat(g, 1)),
    "SplitWithSizesBackward0": (lambda x: x.split([1, 2], 1), (A,), lambda g, y, x: torch.cat(g, 1)),
    "UnbindBackward0": (lambda x: x.unbind(), (A,), lambda g, y, x: torch.stack(g)),
    "SliceBackward0": (lambda x: x[:, 1:], (A,), lambda g, y, x: F.pad(g, (1, 0))),
    "SelectBackward0": (lambda x: x[1], (A,), lambda g, y, x: torch.stack((0 * g, g))),
    "AsStridedBackward0": (
        lambda x: x.as_strided((2, 2), (1, 1)),
        (A,),
        lambda g, y, x: torch.tensor([[g[0, 0], g[0, 1] + g[1, 0], g[1, 1]], [0, 0, 0]], dtype=torch.float64),
    ),
    "UnfoldBackward0": (
        lambda x: x.unfold(0, 2, 1),
        (V,),
        lambda g, y, x: torch.stack((g[0, 0], g[0, 1] + g[1, 0], g[1, 1])),
    ),
    "CloneBackward0": (torch.clone, (A,), lambda g, y, x: g),
    "AliasBackward0": (torch.ops.aten.alias, (A,), lambda g, y, x: g),
    "ToCopyBackward0": (lambda x: x.to(torch.float32), (A,), None),
    "CopyBackwards": (lambda x: torch.zeros(2, 3, dtype=torch.float64).copy_(x), (A,), lambda g, y, x: g),
    "RepeatBackward0": (lambda x: x.repeat(2), (V,), lambda g, y, x: g[:3] + g[3:]),
    "RollBackward0": (lambda x: x.roll(1, 1), (A,), lambda g, y, x: g.roll(-1, 1)),
    "FlipBackward0": (lambda x: x.flip(1), (A,), lambda g, y, x: g.flip(1)),
    "Rot90Backward0": (lambda x: x.rot90(), (A,), lambda g, y, x: g.rot90(-1)),
    "ConstantPadNdBackward0": (lambda x: F.pad(x, (1, 2)), (A,), lambda g, y, x: g[:, 1:4]),
    "ReflectionPad1DBackward0": (
        lambda x: F.pad(x, (1, 0), mode="reflect"),
        (A,),
        lambda g, y, x: torch.stack((g[:, 1], g[:, 2] + g[:, 0], g[:, 3]), 1),
    ),
    "ReflectionPad2DBackward0": (lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"), (IMAGE,), None),
    "ReplicationPad1DBackward0": (
        lambda x: F.pad(x, (1, 0), mode="replicate"),
        (A,),
        lambda g, y, x: torch.stack((g[:, 0] + g[:, 1], g[:, 2], g[:, 3]), 1),
    ),
    "ReplicationPad2DBackward0": (lambda x: F.pad(x, (1, 1, 1, 1), mode="replicate"), (IMAGE,), None),
    "IndexBackward0": (
        lambda x: x[:, [0, 0, 2]],
        (A,),
        lambda g, y, x: torch.stack((g[:, 0] + g[:, 1], 0 * g[:, 0], g[:, 2]), 1),
    ),
    "IndexSelectBackward0": (
        lambda x: x.index_select(1, torch.tensor([0, 0, 2])),
        (A,),
        lambda g, y, x: torch.stack((g[:, 0] + g[:, 1], 0 * g[:, 0], g[:, 2]), 1),
    ),
    "IndexPutBackward0": (
        lambda x, v: x.index_put((torch.tensor([1]),), v),
        (A, V),
        lambda g, y, x, v: (torch.stack((g[0], 0 * g[1])), g[1]),
    ),
    "IndexAddBackward0": (
        lambda x, s: x.index_add(0, torch.tensor([1, 1]), s, alpha=2),
        (A, B),
        lambda g, y, x, s: (g, 2 * torch.stack((g[1], g[1]))),
    ),
    "IndexCopyBackward0": (
        lambda x, s: x.index_copy(0, torch.tensor([1]), s),
        (A, V[None]),
        lambda g, y, x, s: (torch.stack((g[0], 0 * g[1])), g[1:]),
    ),
    "IndexFillBackward0": (
        lambda x: x.index_fill(0, torch.tensor([1]), 5.0),
        (A,),
        lambda g, y, x: torch.stack((g[0], 0 * g[1])),
    ),
    "GatherBackward0": (lambda x: x.gather(0, INDEX), (A,), lambda g, y, x: put(g, x, 0, INDEX)),
    "TakeBackward0": (
        lambda x: x.take(torch.tensor([0, 0, 5])),
        (A,),
        lambda g, y, x: torch.zeros(6, dtype=torch.float64).index_add(0, torch.tensor([0, 0, 5]), g).reshape(2, 3),
    ),
    "PutBackward0": (
        lambda x, s: x.put(torch.tensor([0, 5]), s),
        (A, V[:2]),
        lambda g, y, x, s: (
            g.flatten().index_fill(0, torch.tensor([0, 5]), 0).reshape(2, 3),
            g.flatten()[[0, 5]],
        ),
    ),
    "ScatterBackward0": (
        lambda x, s: x.scatter(0, INDEX[:1], s),
        (A, V[None]),
        lambda g, y, x, s: (g.scatter(0, INDEX[:1], 0), g.gather(0, INDEX[:1])),
    ),
    "ScatterBackward1": (
        lambda x: x.scatter(0, INDEX[:1], 5.0),
        (A,),
        lambda g, y, x: g.scatter(0, INDEX[:1], 0),
    ),
    "ScatterAddBackward0": (
        lambda x, s: x.scatter_add(0, INDEX, s),
        (A, B),
        lambda g, y, x, s: (g, g.gather(0, INDEX)),
    ),
    "ScatterReduceBackward0": (
        lambda x, s: x.scatter_reduce(0, INDEX, s, "sum"),
        (A, B),
        lambda g, y, x, s: (g, g.gather(0, INDEX)),
    ),
    "MaskedFillBackward0": (lambda x: x.masked_fill(MASK, 5.0), (A,), lambda g, y, x: g * over(~MASK)),
    "MaskedFillBackward1": (
        lambda x, v: x.masked_fill(MASK, v),
        (A, V[0]),
        lambda g, y, x, v: (g * over(~MASK), (g * over(MASK)).sum()),
    ),
    "MaskedSelectBackward0": (
        lambda x: x.masked_select(MASK),
        (A,),
        lambda g, y, x: torch.zeros_like(x).masked_scatter(MASK, g),
    ),
    "MaskedScatterBackward0": (
        lambda x, s: x.masked_scatter(MASK, s),
        (A, B.flatten()[:4]),
        lambda g, y, x, s: (g * over(~MASK), g[MASK]),
    ),
    "SelectScatterBackward0": (
        lambda x, s: x.select_scatter(s, 0, 1),
        (A, V),
        lambda g, y, x, s: (torch.stack((g[0], 0 * g[1])), g[1]),
    ),
    "SliceScatterBackward0": (
        lambda x, s: x.slice_scatter(s, 0, 1, 2),
        (A, V[None]),
        lambda g, y, x, s: (torch.stack((g[0], 0 * g[1])), g[1:]),
    ),
    "DiagonalScatterBackward0": (
        torch.diagonal_scatter,
        (SQUARE, V),
        lambda g, y, x, s: (g - g.diag().diag(), g.diag()),
    ),
    "FillBackward0": (lambda x: torch.fill(x, 2.0), (A,), lambda g, y, x: 0 * g),
    "ZeroBackward0": (lambda x: x.clone().zero_(), (A,), None),
    "PixelShuffleBackward0": (
        lambda x: F.pixel_shuffle(x, 2),
        (IMAGE.reshape(1, 4, 4, 4),),
        lambda g, y, x: F.pixel_unshuffle(g, 2),
    ),
    "PixelUnshuffleBackward0": (
        lambda x: F.pixel_unshuffle(x, 2),
        (IMAGE,),
        lambda g, y, x: F.pixel_shuffle(g, 2),
    ),
}

OTHERS: dict[str, Case] = {**REDUCTIONS, **MATRICES, **SHAPES}
