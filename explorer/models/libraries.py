"""Models of libraries that may be installed beside the product, by name and with random weights. Nothing is imported here but torch-free names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType

MOST_NAME = 60
"""Characters of a model's name."""

_CODE = {
    "transformers": """\
# model and inputs are bound already: {name} by a small config, with random weights
output = model(**inputs)
loss = output.last_hidden_state.square().mean()
""",
    "torchvision": """\
# model and inputs are bound already: torchvision.models.{name}(weights=None), and one picture
output = model(inputs)
loss = output.square().mean()
""",
}


@dataclass(frozen=True)
class Library:
    """One library, and some of its models."""

    name: str
    suggested: tuple[str, ...]
    """The first is shown first; of transformers these are the families that a worker has at hand."""

    @property
    def installed(self) -> bool:
        """Whether it can be imported, without importing it."""
        return find_spec(self.name) is not None

    def code(self, model: str) -> str:
        """The lines that call a model of it."""
        return _CODE[self.name].format(name=model)


LIBRARIES: Mapping[str, Library] = MappingProxyType(
    {
        "transformers": Library("transformers", ("gpt2", "vit", "bert", "llama")),
        "torchvision": Library("torchvision", ("resnet18", "efficientnet_b0", "convnext_tiny", "swin_t")),
    }
)
"""By the name that is imported."""
