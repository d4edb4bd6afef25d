"""Reading and writing by index or mask. ``put`` writes zeros everywhere else; where an index occurs twice, both gradients are added."""

from __future__ import annotations

from explorer.derivatives.entry import move, row, to

INDEXING = (
    move("IndexBackward0", "x_{i}", r"\operatorname{put}_{i}(g)", "put added", i="indices"),
    move("IndexSelectBackward0 TakeBackward0", "x_{i}", r"\operatorname{put}_{i}(g)", "put added", i="index"),
    move(
        "GatherBackward0", r"\operatorname{gather}(x, i)", r"\operatorname{scatter\_add}(g, i)", "put added", i="index"
    ),
    row(
        "IndexPutBackward0",
        r"y_{i} \leftarrow v",
        to("self", "x", r"g \cdot [k \notin i]"),
        to("values", "v", "g_{i}"),
        notes="overwritten accumulate",
        i="indices",
    ),
    row(
        "PutBackward0",
        r"y_{i} \leftarrow s",
        to("self", "x", r"g \cdot [k \notin i]"),
        to("source", "s", "g_{i}"),
        notes="overwritten accumulate",
        i="index",
    ),
    row(
        "IndexAddBackward0",
        r"y_{i} \leftarrow x_{i} + \alpha \cdot s",
        to("self", "x", "g"),
        to("source", "s", r"\alpha \cdot g_{i}"),
        i="index",
        alpha="alpha",
    ),
    row(
        "IndexCopyBackward0",
        r"y_{i} \leftarrow s",
        to("self", "x", r"g \cdot [k \notin i]"),
        to("source", "s", "g_{i}"),
        notes="overwritten",
        i="index",
    ),
    move("IndexFillBackward0", r"y_{i} \leftarrow c", r"g \cdot [k \notin i]", "overwritten", i="index"),
    row(
        "ScatterBackward0",
        r"y_{i} \leftarrow s",
        to("self", "x", r"g \cdot [k \notin i]"),
        to("src", "s", r"\operatorname{gather}(g, i)"),
        notes="overwritten once",
        i="index",
    ),
    move("ScatterBackward1", r"y_{i} \leftarrow c", r"g \cdot [k \notin i]", "overwritten", i="index"),
    row(
        "ScatterAddBackward0",
        r"y_{i} \leftarrow x_{i} + s",
        to("self", "x", "g"),
        to("src", "s", r"\operatorname{gather}(g, i)"),
        i="index",
    ),
    row(
        "ScatterReduceBackward0",
        r"y_{i} \leftarrow \operatorname{reduce}(x_{i}, s)",
        to("self", "x", r"g \cdot \frac{\partial y}{\partial x}"),
        to("src", "s", r"\operatorname{gather}(g \cdot \frac{\partial y}{\partial s}, i)"),
        notes="reduce",
        i="index",
    ),
    move("MaskedFillBackward0", r"x \cdot [\lnot m] + c \cdot [m]", r"g \cdot [\lnot m]", "overwritten", m="mask"),
    row(
        "MaskedFillBackward1",
        r"x \cdot [\lnot m] + v \cdot [m]",
        to("self", "x", r"g \cdot [\lnot m]"),
        to("value", "v", r"\sum g \cdot [m]"),
        notes="overwritten",
        m="mask",
    ),
    move("MaskedSelectBackward0", "x_{m}", r"\operatorname{put}_{m}(g)", "put", m="mask"),
    row(
        "MaskedScatterBackward0",
        r"y_{m} \leftarrow s",
        to("self", "x", r"g \cdot [\lnot m]"),
        to("source", "s", "g_{m}"),
        notes="overwritten",
        m="mask",
    ),
    row(
        "SelectScatterBackward0",
        r"y_{i} \leftarrow s",
        to("self", "x", r"g \cdot [k \ne i]"),
        to("src", "s", "g_{i}"),
        notes="overwritten",
        i="index",
    ),
    row(
        "SliceScatterBackward0",
        r"y_{p:q:r} \leftarrow s",
        to("self", "x", r"g \cdot [k \notin p:q:r]"),
        to("src", "s", "g_{p:q:r}"),
        notes="overwritten",
        p="start",
        q="end",
        r="step",
    ),
    row(
        "DiagonalScatterBackward0",
        r"\operatorname{diagonal}(y) \leftarrow s",
        to("self", "A", r"g - \operatorname{diag}(\operatorname{diagonal}(g))"),
        to("src", "s", r"\operatorname{diagonal}(g)"),
        notes="overwritten",
    ),
    move("FillBackward0 ZeroBackward0", "c", "0", "overwritten"),
)
