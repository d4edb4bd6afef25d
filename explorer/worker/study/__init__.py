"""Models beside their graphs: checkpoints and pictures (`infer`), and functions through torch's static ways (`compare_ways`)."""

from explorer.worker.study.inference import infer
from explorer.worker.study.statics import compare_ways

__all__ = ["compare_ways", "infer"]
