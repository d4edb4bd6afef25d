"""torch's dtypes without torch: what their bits say, and which dtype two of them make together. Pure; a test asks torch for every number."""

from explorer.dtypes.promotion import Operand, PromotionError, Reason, Result, promote, result_type
from explorer.dtypes.table import DTYPES, DType, Float, Integer, find

__all__ = [
    "DTYPES",
    "DType",
    "Float",
    "Integer",
    "Operand",
    "PromotionError",
    "Reason",
    "Result",
    "find",
    "promote",
    "result_type",
]
