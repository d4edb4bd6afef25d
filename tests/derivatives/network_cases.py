"""Calls of torch that layers and losses are made of, with their formulas by hand where that is short."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.derivatives.other_cases import (
    CLASSES,
    IMAGE,
    OTHER,
    SIGNAL,
    SQUARE,
    T01,
    VOLUME,
    WEIGHT,
    attention,
    batch_norm,
    group_norm,
    layer_norm,
)
from tests.derivatives.pointwise_cases import A, B, C, Case, W, over

HOT = F.one_hot(CLASSES, 3).to(torch.float64)
GRID = torch.linspace(-0.9, 0.8, 2 * 2 * 2 * 2, dtype=torch.float64).reshape(2, 2, 2, 2).sin()
QUERY = IMAGE.reshape(1, 2, 8, 4)


def softmax(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return y * (g - (g * y).sum(1, keepdim=True))


def in_float32(layer: torch.nn.Module, size: int = 3) -> torch.Tensor:
    """A fused layer has no float64 kernel: it is run in float32, on numbers of the same shape."""
    out = layer.float()(torch.ones(2, 2, size, requires_grad=True))
    return out[0] if isinstance(out, tuple) else out


def in_place_view(x: Tensor) -> Tensor:
    y = x.clone()
    y[0].mul_(2)
    return y


NETWORKS: dict[str, Case] = {
    "SoftmaxBackward0": (lambda x: x.softmax(1), (A,), softmax),
    "LogSoftmaxBackward0": (
        lambda x: x.log_softmax(1),
        (A,),
        lambda g, y, x: g - y.exp() * g.sum(1, keepdim=True),
    ),
    "MaskedSoftmaxBackward0": (
        lambda x: torch._masked_softmax(x, torch.zeros_like(x, dtype=torch.bool), 1),
        (A,),
        softmax,
    ),
    "ConvolutionBackward0": (
        F.conv2d,
        (IMAGE, WEIGHT, W),
        lambda g, y, x, w, b: (
            F.conv_transpose2d(g, w),
            F.conv2d(x.transpose(0, 1), g.transpose(0, 1)).transpose(0, 1),
            g.sum((0, 2, 3)),
        ),
    ),
    "ConvTbcBackward0": (torch.conv_tbc, (SIGNAL, WEIGHT.reshape(2, 6, 2), W[:2]), None),
    "NativeBatchNormBackward0": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        (IMAGE, W[:2], W[1:]),
        batch_norm,
    ),
    "NativeLayerNormBackward0": (lambda x, w, b: F.layer_norm(x, (3,), w, b), (A, W, W), layer_norm),
    "NativeGroupNormBackward0": (lambda x, w, b: F.group_norm(x, 1, w, b), (IMAGE, W[:2], W[1:]), group_norm),
    "AddBackward1": (lambda x, w: torch.ops.aten._fused_rms_norm(x, [3], w, 1e-5)[0], (A, W), None),
    "WeightNormInterfaceBackward0": (
        torch._weight_norm,
        (A, B[:, :1]),
        lambda g, y, v, s: (
            s / v.norm(dim=1, keepdim=True) * (g - v * (g * v).sum(1, keepdim=True) / (v**2).sum(1, keepdim=True)),
            (g * v).sum(1, keepdim=True) / v.norm(dim=1, keepdim=True),
        ),
    ),
    "NativeDropoutBackward0": (
        lambda x: torch.native_dropout(x, 0.5, True)[0],
        (A,),
        lambda g, y, x: g * y / x,
    ),
    "EmbeddingBackward0": (
        lambda w: F.embedding(torch.tensor([1, 1, 0]), w),
        (A,),
        lambda g, y, w: torch.stack((g[2], g[0] + g[1])),
    ),
    "EmbeddingBagBackward0": (
        lambda w: F.embedding_bag(torch.tensor([[0, 1]]), w, mode="sum"),
        (A,),
        lambda g, y, w: g.expand(2, 3),
    ),
    "MaxPool2DWithIndicesBackward0": (
        lambda x: F.max_pool2d(x, 2),
        (IMAGE,),
        lambda g, y, x: F.max_unpool2d(g, F.max_pool2d(x, 2, return_indices=True)[1], 2),
    ),
    "MaxPool3DWithIndicesBackward0": (
        lambda x: F.max_pool3d(x, 2),
        (VOLUME,),
        lambda g, y, x: F.max_unpool3d(g, F.max_pool3d(x, 2, return_indices=True)[1], 2),
    ),
    "MaxUnpool2DBackward0": (
        lambda x: F.max_unpool2d(x, torch.tensor([0, 3]).reshape(1, 1, 1, 2), 2),
        (A[:1, :2].reshape(1, 1, 1, 2),),
        lambda g, y, x: g.flatten()[[0, 3]].reshape(1, 1, 1, 2),
    ),
    "AvgPool2DBackward0": (
        lambda x: F.avg_pool2d(x, 2),
        (IMAGE,),
        lambda g, y, x: g.repeat_interleave(2, 2).repeat_interleave(2, 3) / 4,
    ),
    "AvgPool3DBackward0": (lambda x: F.avg_pool3d(x, 2), (VOLUME,), None),
    "AdaptiveAvgPool2DBackward0": (
        lambda x: F.adaptive_avg_pool2d(x, 2),
        (IMAGE,),
        lambda g, y, x: g.repeat_interleave(2, 2).repeat_interleave(2, 3) / 4,
    ),
    "AdaptiveAvgPool3DBackward0": (lambda x: F.adaptive_avg_pool3d(x, 2), (VOLUME,), None),
    "AdaptiveMaxPool2DBackward0": (
        lambda x: F.adaptive_max_pool2d(x, 2),
        (IMAGE,),
        lambda g, y, x: F.max_unpool2d(g, F.max_pool2d(x, 2, return_indices=True)[1], 2),
    ),
    "AdaptiveMaxPool3DBackward0": (lambda x: F.adaptive_max_pool3d(x, 2), (VOLUME,), None),
    "FractionalMaxPool2DBackward0": (
        lambda x: torch._C._nn.fractional_max_pool2d(x, (2, 2), (2, 2), torch.full((2, 2, 2), 0.5).double())[0],
        (IMAGE,),
        None,
    ),
    "UpsampleNearest1DBackward0": (
        lambda x: F.interpolate(x, scale_factor=2),
        (SIGNAL,),
        lambda g, y, x: g.reshape(2, 2, 6, 2).sum(-1),
    ),
    "UpsampleNearest2DBackward0": (
        lambda x: F.interpolate(x, scale_factor=2),
        (IMAGE,),
        lambda g, y, x: 4 * F.avg_pool2d(g, 2),
    ),
    "UpsampleNearest3DBackward0": (
        lambda x: F.interpolate(x, scale_factor=2),
        (VOLUME,),
        lambda g, y, x: 8 * F.avg_pool3d(g, 2),
    ),
    "UpsampleNearestExact2DBackward0": (
        lambda x: F.interpolate(x, scale_factor=2, mode="nearest-exact"),
        (IMAGE,),
        lambda g, y, x: 4 * F.avg_pool2d(g, 2),
    ),
    "UpsampleLinear1DBackward0": (lambda x: F.interpolate(x, scale_factor=2, mode="linear"), (SIGNAL,), None),
    "UpsampleBilinear2DBackward0": (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), (IMAGE,), None),
    "UpsampleTrilinear3DBackward0": (lambda x: F.interpolate(x, scale_factor=2, mode="trilinear"), (VOLUME,), None),
    "UpsampleBicubic2DBackward0": (lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), (IMAGE,), None),
    "GridSampler2DBackward0": (lambda x, grid: F.grid_sample(x, grid, align_corners=False), (IMAGE, GRID), None),
    "GridSampler3DBackward0": (
        lambda x, grid: F.grid_sample(x, grid, align_corners=False),
        (VOLUME, VOLUME[..., :3] / 2),
        None,
    ),
    "AffineGridGeneratorBackward0": (
        lambda t: torch.ops.aten.affine_grid_generator(t, [1, 1, 2, 2], False),
        (A[None],),
        None,
    ),
    "Im2ColBackward0": (
        lambda x: F.unfold(x, 2),
        (IMAGE,),
        lambda g, y, x: F.fold(g, (4, 4), 2),
    ),
    "Col2ImBackward0": (
        lambda x: F.fold(x, (2, 4), 2),
        (SIGNAL.reshape(1, 8, 3),),
        lambda g, y, x: F.unfold(g, 2),
    ),
    "ScaledDotProductFlashAttentionForCpuBackward0": (
        F.scaled_dot_product_attention,
        (QUERY, QUERY + 1, QUERY - 1),
        attention,
    ),
    "MkldnnRnnLayerBackward0": (
        lambda x: in_float32(torch.nn.LSTM(3, 4, batch_first=True)),
        (A,),
        None,
    ),
}

LOSSES: dict[str, Case] = {
    "MseLossBackward0": (F.mse_loss, (A, B), lambda g, y, x, t: (g * (x - t) / 3, -g * (x - t) / 3)),
    "SmoothL1LossBackward0": (
        F.smooth_l1_loss,
        (A, B),
        lambda g, y, x, t: (g * (x - t).clamp(-1, 1) / 6, -g * (x - t).clamp(-1, 1) / 6),
    ),
    "HuberLossBackward0": (
        lambda x, t: F.huber_loss(x, t, delta=0.7),
        (A, B),
        lambda g, y, x, t: (g * (x - t).clamp(-0.7, 0.7) / 6, -g * (x - t).clamp(-0.7, 0.7) / 6),
    ),
    "NllLossBackward0": (lambda x: F.nll_loss(x, CLASSES), (A,), lambda g, y, x: -g * HOT / 2),
    "NllLoss2DBackward0": (
        lambda x: F.nll_loss(x, CLASSES[None, :, None]),
        (SQUARE[None, :, :2, None],),
        lambda g, y, x: -g * HOT.T[None, :, :, None] / 2,
    ),
    "BinaryCrossEntropyBackward0": (
        F.binary_cross_entropy,
        (B / 4, T01),
        lambda g, y, p, t: (g * (p - t) / (p * (1 - p)) / 6, g * ((1 - p).log() - p.log()) / 6),
    ),
    "BinaryCrossEntropyWithLogitsBackward0": (
        F.binary_cross_entropy_with_logits,
        (A, T01),
        lambda g, y, x, t: (g * (x.sigmoid() - t) / 6, -g * x / 6),
    ),
    "SoftMarginLossBackward0": (
        lambda x: F.soft_margin_loss(x, C.sign()),
        (A,),
        lambda g, y, x: -g * C.sign() * (-C.sign() * x).sigmoid() / 6,
    ),
    "MultiMarginLossBackward0": (lambda x: F.multi_margin_loss(x, CLASSES), (A,), None),
    "MultilabelMarginLossBackward0": (
        lambda x: F.multilabel_margin_loss(x, torch.tensor([[0, -1, -1], [1, 2, -1]])),
        (A,),
        None,
    ),
    "CtcLossBackward0": (
        lambda x: F.ctc_loss(x.log_softmax(1)[:, None], CLASSES[:1][None], (2,), (1,), blank=0),
        (A,),
        None,
    ),
}

DOUBLE: dict[str, Case] = {
    "AccumulateGrad": (torch.neg, (A,), None),
    "CopySlices": (in_place_view, (A,), lambda g, y, x: torch.stack((2 * g[0], g[1]))),
    "DiagonalBackwardBackward0": (
        lambda x: torch.ops.aten.diagonal_backward(x, [3, 3], 0, 0, 1),
        (W,),
        lambda g, y, x: g.diagonal(),
    ),
    "SelectBackwardBackward0": (
        lambda x: torch.ops.aten.select_backward(x, [2, 3], 0, 1),
        (W,),
        lambda g, y, x: g[1],
    ),
    "SliceBackwardBackward0": (
        lambda x: torch.ops.aten.slice_backward(x, [2, 3], 1, 1, 3, 1),
        (A[:, :2],),
        lambda g, y, x: g[:, 1:],
    ),
    "UnfoldBackwardBackward0": (
        lambda x: torch.ops.aten.unfold_backward(x, [3], 0, 2, 1),
        (A[:, :2],),
        lambda g, y, x: g.unfold(0, 2, 1),
    ),
    "TanhBackwardBackward0": (
        torch.ops.aten.tanh_backward,
        (A, B / 4),
        lambda g, out, d, y: (g * (1 - y**2), -2 * g * d * y),
    ),
    "SigmoidBackwardBackward0": (
        torch.ops.aten.sigmoid_backward,
        (A, B / 4),
        lambda g, out, d, y: (g * y * (1 - y), g * d * (1 - 2 * y)),
    ),
    "ThresholdBackwardBackward0": (
        lambda d: torch.ops.aten.threshold_backward(d, C, 0),
        (A,),
        lambda g, out, d: g * over(C > 0),
    ),
    "SoftmaxBackwardDataBackward0": (
        lambda d, y: torch.ops.aten._softmax_backward_data(d, y, 1, torch.float64),
        (A, T01),
        lambda g, out, d, y: (
            y * (g - (g * y).sum(1, keepdim=True)),
            g * (d - (d * y).sum(1, keepdim=True)) - d * (g * y).sum(1, keepdim=True),
        ),
    ),
    "LogSoftmaxBackwardDataBackward0": (
        lambda d, y: torch.ops.aten._log_softmax_backward_data(d, y, 1, torch.float64),
        (A, T01.clamp(min=0.1).log()),
        lambda g, out, d, y: (
            g - (g * y.exp()).sum(1, keepdim=True),
            -g * y.exp() * d.sum(1, keepdim=True),
        ),
    ),
    "MseLossBackwardBackward0": (
        lambda d, x, t: torch.ops.aten.mse_loss_backward(d, x, t, 1),
        (A[0, 0], A, B),
        lambda g, out, d, x, t: ((g * (x - t)).sum() / 3, g * d / 3, -g * d / 3),
    ),
    "ConvolutionBackwardBackward0": (
        lambda d, x, w: torch.ops.aten.convolution_backward(
            d, x, w, [3], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True, True, True]
        ),
        (F.conv2d(IMAGE, WEIGHT), IMAGE, WEIGHT),
        None,
    ),
    "EmbeddingDenseBackwardBackward0": (
        lambda d: torch.ops.aten.embedding_dense_backward(d, torch.tensor([1, 1, 0]), 2, -1, False),
        (OTHER,),
        lambda g, out, d: g[[1, 1, 0]],
    ),
}

SPECTRA: dict[str, Case] = {
    "FftC2CBackward0": (torch.fft.fft, (torch.complex(A, C),), lambda g, y, z: 3 * torch.fft.ifft(g)),
    "FftR2CBackward0": (torch.fft.rfft, (A,), lambda g, y, x: 3 * torch.fft.ifft(F.pad(g, (0, 1))).real),
    "FftC2RBackward0": (
        lambda z: torch.fft.irfft(z, 3),
        (torch.complex(A, C)[:, :2],),
        lambda g, y, z: torch.fft.rfft(g) / 3 * torch.tensor([1.0, 2.0]),
    ),
}

NETWORKED: dict[str, Case] = {**NETWORKS, **LOSSES, **DOUBLE, **SPECTRA}
