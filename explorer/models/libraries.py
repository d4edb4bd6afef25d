"""Models of libraries that may be installed beside the product, by name and with random weights. Nothing is imported here but torch-free names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType

from explorer.models.vision import CALLS, kind_of, shape_of

MOST_NAME = 60
"""Characters of a model's name."""

_NAME = re.compile(r"[A-Za-z][\w.-]*")
"""Names that could be a library's: one with a line's end in it would make code of its own."""

_TRANSFORMERS = """\
# model and inputs are bound already: {name} by a small config, with random weights
output = model(**inputs)
loss = output.last_hidden_state.square().mean()
"""

_TORCHVISION = """\
# model and inputs are bound already: torchvision.models.{name} with random weights, and {inputs}
"""


@dataclass(frozen=True)
class Library:
    """One library, and some of its models."""

    name: str
    suggested: tuple[str, ...]
    """The first is shown first."""
    others: tuple[str, ...] = ()
    """Those that are in a list beside them: of transformers the further families that a worker has at hand."""

    @property
    def installed(self) -> bool:
        """Whether it can be imported, without importing it."""
        return find_spec(self.name) is not None

    def code(self, model: str) -> str:
        """The lines that call a model of it."""
        if self.name == "transformers":
            return _TRANSFORMERS.format(name=model)
        inputs = f"a tensor of shape {shape}" if (shape := shape_of(model)) else "what it takes"
        return _TORCHVISION.format(name=model, inputs=inputs) + CALLS[kind_of(model)]


_FAMILIES = """
    albert bart beit big_bird biogpt blenderbot bloom convbert deberta-v2 deit dinov2 distilbert electra ernie esm falcon fnet gemma
    gpt_neox granite imagegpt led longformer m2m_100 mamba marian mbart mistral mixtral modernbert mpnet olmo opt pegasus phi phi3 qwen2
    qwen3 roberta smollm3 stablelm starcoder2 t5 vit_mae xlm-roberta
"""
"""By model_type: of all that a config of two small layers builds without a network those that people know (transformers 5.24)."""

LIBRARIES: Mapping[str, Library] = MappingProxyType(
    {
        "transformers": Library("transformers", ("gpt2", "vit", "bert", "llama"), tuple(_FAMILIES.split())),
        "torchvision": Library("torchvision", ("resnet18", "efficientnet_b0", "convnext_tiny", "swin_t")),
    }
)
"""By the name that is imported."""


def is_library_code(code: str, library: str, model: str) -> bool:
    """Whether `code` is what a library's model is called with here, and nothing of anybody else's."""
    known = LIBRARIES.get(library)
    return known is not None and _NAME.fullmatch(model) is not None and code == known.code(model)
