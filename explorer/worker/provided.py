"""Models of optional libraries, built by name with random weights and handed to typed code as ``model`` and ``inputs``.

A jailed child can import nothing, so what is to be had was imported before the fork (`preload`); the rest is refused with a sentence.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import torch

from explorer.ir import LibraryModel
from explorer.models.libraries import LIBRARIES
from explorer.worker.refused import Refused, no_such_model
from explorer.worker.vision import of_torchvision

_SMALL = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "vocab_size": 128,
    "image_size": 32,
    "patch_size": 8,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
    # as families of an encoder and a decoder call them
    "decoder_start_token_id": 0,
    "d_model": 64,
    "d_ff": 128,
    "d_kv": 32,
    "num_layers": 2,
    "num_heads": 2,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
}
"""A config small enough to look at; what a family does not know of it is only kept."""

_TOKENS = 16


def provide(wanted: LibraryModel) -> dict[str, Any]:
    """``model`` and ``inputs`` of a library's model.

    Raises:
        Refused: the library, or the model in it, cannot be had here; the sentence says why.
    """
    library = LIBRARIES.get(wanted.library)
    try:
        if library is None:
            raise ImportError(wanted.library)
        return _BUILDERS[wanted.library](wanted.name)
    except ImportError:
        raise Refused("libraries.missing", library=wanted.library[:40], name=wanted.name[:40]) from None


def load_all() -> None:
    """Import and use once each library that is installed. One that is broken is left out: its models are then refused."""
    for library in LIBRARIES.values():
        if library.installed:
            for name in library.suggested:
                with suppress(Exception):  # an installation can be broken in any way
                    values = provide(LibraryModel(library=library.name, name=name))
                    inputs = values["inputs"]
                    values["model"](**inputs) if isinstance(inputs, dict) else values["model"](inputs)
    for name in LIBRARIES["transformers"].others if LIBRARIES["transformers"].installed else ():
        with suppress(Exception):
            _import_family(name)


def _import_family(name: str) -> None:
    """The modules of a family; what all have in common was used by those before."""
    transformers = importlib.import_module("transformers")
    transformers.MODEL_MAPPING[transformers.CONFIG_MAPPING[name]]


def _of_transformers(name: str) -> dict[str, Any]:
    transformers = importlib.import_module("transformers")
    if name not in transformers.CONFIG_MAPPING:
        raise no_such_model("transformers", name, transformers.CONFIG_MAPPING)
    config = transformers.AutoConfig.for_model(name, **_SMALL)
    model = transformers.AutoModel.from_config(config)
    if model.main_input_name == "pixel_values":
        return {
            "model": model,
            "inputs": {"pixel_values": torch.rand(1, 3, _SMALL["image_size"], _SMALL["image_size"])},
        }
    tokens = torch.randint(3, _SMALL["vocab_size"], (1, _TOKENS))
    decoded = {"decoder_input_ids": tokens} if config.is_encoder_decoder else {}
    return {"model": model, "inputs": {"input_ids": tokens, **decoded}}


_BUILDERS: Mapping[str, Callable[[str], dict[str, Any]]] = MappingProxyType(
    {"transformers": _of_transformers, "torchvision": of_torchvision}
)
