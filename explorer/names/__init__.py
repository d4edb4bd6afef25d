"""Names of dimensions, carried through operations by rules: what torch's named tensors did until 2.12, without torch. Pure."""

from explorer.names.alignment import Alignment, Pair, align, pairs
from explorer.names.dims import Dims, NamesError, parse_names
from explorer.names.rules import Carried, carry

__all__ = ["Alignment", "Carried", "Dims", "NamesError", "Pair", "align", "carry", "pairs", "parse_names"]
