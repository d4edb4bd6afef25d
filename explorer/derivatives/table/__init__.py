"""The formulas by grad_fn name. Facts as in PyTorch's own table of derivatives (``tools/autograd/derivatives.yaml``), torch 2.13."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from explorer.derivatives.entry import Entry
from explorer.derivatives.table.activations import ACTIVATIONS
from explorer.derivatives.table.complexes import COMPLEXES
from explorer.derivatives.table.elementary import ELEMENTARY
from explorer.derivatives.table.factorizations import FACTORIZATIONS
from explorer.derivatives.table.indexing import INDEXING
from explorer.derivatives.table.losses import LOSSES
from explorer.derivatives.table.matrices import MATRICES
from explorer.derivatives.table.networks import NETWORKS
from explorer.derivatives.table.reductions import REDUCTIONS
from explorer.derivatives.table.second import SECOND
from explorer.derivatives.table.several import SEVERAL
from explorer.derivatives.table.shapes import SHAPES

FAMILIES: Mapping[str, tuple[Entry, ...]] = MappingProxyType(
    {
        "elementary": ELEMENTARY,
        "activations": ACTIVATIONS,
        "several": SEVERAL,
        "reductions": REDUCTIONS,
        "matrices": MATRICES,
        "factorizations": FACTORIZATIONS,
        "shapes": SHAPES,
        "indexing": INDEXING,
        "networks": NETWORKS,
        "losses": LOSSES,
        "complexes": COMPLEXES,
        "second": SECOND,
    }
)
TABLE: Mapping[str, Entry] = MappingProxyType(
    {name: entry for family in FAMILIES.values() for entry in family for name in entry.names}
)
