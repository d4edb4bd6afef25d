"""Views, copies, joins and pads: the calls that compute nothing, or nearly so."""

from __future__ import annotations

from explorer.derivatives.entry import move, row, to

SHAPES = (
    move(
        "ViewBackward0 UnsafeViewBackward0 ReshapeAliasBackward0",
        r"\operatorname{view}(x)",
        r"\operatorname{reshape}(g)",
    ),
    move("ExpandBackward0", r"\operatorname{expand}(x)", r"\sum g", "summed"),
    move("RepeatBackward0", r"\operatorname{repeat}(x)", r"\sum g", "summed"),
    move(
        "PermuteBackward0", r"\operatorname{permute}_{d}(x)", r"\operatorname{permute}_{d^{-1}}(g)", "moves", d="dims"
    ),
    move("TransposeBackward0 TBackward0", r"x^{\top}", r"g^{\top}"),
    move(
        "SqueezeBackward0 SqueezeBackward1 SqueezeBackward2",
        r"\operatorname{squeeze}(x)",
        r"\operatorname{unsqueeze}(g)",
    ),
    move("UnsqueezeBackward0", r"\operatorname{unsqueeze}(x)", r"\operatorname{squeeze}(g)"),
    row(
        "CatBackward0 BlockDiagBackward0", r"(x_{1}, x_{2}, \ldots)", to("tensors", "x_{k}", "g_{k}"), notes="own_piece"
    ),
    row("StackBackward0", r"(x_{1}, x_{2}, \ldots)", to("tensors", "x_{k}", "g_{k}"), notes="own_slice"),
    move(
        "SplitBackward0 SplitWithSizesBackward0",
        r"(y_{1}, y_{2}, \ldots) = \operatorname{split}(x)",
        r"\operatorname{cat}(g_{1}, g_{2}, \ldots)",
        "unused_are_0",
    ),
    move(
        "UnbindBackward0", r"(y_{1}, y_{2}, \ldots) = x", r"\operatorname{stack}(g_{1}, g_{2}, \ldots)", "unused_are_0"
    ),
    move(
        "SliceBackward0", "x_{p:q:r}", r"\operatorname{put}_{p:q:r}(g)", "zeros_outside", p="start", q="end", r="step"
    ),
    move("SelectBackward0", "x_{i}", r"\operatorname{put}_{i}(g)", "zeros_outside", i="index"),
    move("AsStridedBackward0", r"\operatorname{as\_strided}(x)", r"\operatorname{scatter\_add}(g)", "strided"),
    move("UnfoldBackward0", r"\operatorname{unfold}(x)", r"\operatorname{fold}(g)", "windows"),
    move("CloneBackward0 AliasBackward0", "x", "g"),
    move("ToCopyBackward0", r"\operatorname{to}(x)", r"\operatorname{to}(g)", "cast"),
    row("CopyBackwards", r"y \leftarrow x", to("self", "y", "0"), to("src", "x", "g"), notes="copied"),
    row(
        "CopySlices",
        r"x_{v} \leftarrow f(x_{v})",
        to("base", "x", r"\operatorname{put}_{v}(\nabla f(g_{v}))"),
        notes="copy_slices",
    ),
    move("RollBackward0", r"\operatorname{roll}_{s}(x)", r"\operatorname{roll}_{-s}(g)", "moves", s="shifts"),
    move("FlipBackward0", r"\operatorname{flip}(x)", r"\operatorname{flip}(g)"),
    move("Rot90Backward0", r"\operatorname{rot90}_{k}(x)", r"\operatorname{rot90}_{-k}(g)", "moves", k="k"),
    move("ConstantPadNdBackward0", r"\operatorname{pad}(x)", r"\operatorname{crop}(g)", "pad"),
    move(
        "ReflectionPad1DBackward0 ReflectionPad2DBackward0 ReplicationPad1DBackward0 ReplicationPad2DBackward0",
        r"\operatorname{pad}(x)",
        r"\operatorname{crop}(g) + \operatorname{fold}(g)",
        "pad_adds",
    ),
    move("PixelShuffleBackward0", r"\operatorname{pixel\_shuffle}(x)", r"\operatorname{pixel\_unshuffle}(g)"),
    move("PixelUnshuffleBackward0", r"\operatorname{pixel\_unshuffle}(x)", r"\operatorname{pixel\_shuffle}(g)"),
)
