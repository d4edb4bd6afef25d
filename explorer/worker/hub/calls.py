"""``torch.hub`` as typed code sees it: functions of ours over the one repository that came with the request. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NoReturn, Protocol

from explorer.ir import Sentence
from explorer.words import tell
from explorer.worker.refused import Refused


class HubError(RuntimeError):
    """What a repository cannot give; `sentence` is the same text for translation."""

    def __init__(self, key: str, **values: str) -> None:
        self.sentence = Sentence(key=key, values=values)
        super().__init__(tell(self.sentence))


class Hub(Protocol):
    """A repository: its name, and what its hubconf.py offers."""

    @property
    def name(self) -> str: ...

    def entrypoints(self) -> Mapping[str, Any]: ...


_at_hand: ContextVar[Hub | None] = ContextVar("hub", default=None)


@contextmanager
def at_hand(hub: Hub | None) -> Iterator[None]:
    """Within the block ``torch.hub`` knows this repository and no other."""
    token = _at_hand.set(hub)
    try:
        yield
    finally:
        _at_hand.reset(token)


_OF_TORCH = frozenset({"source", "trust_repo", "force_reload", "verbose", "skip_validation"})
"""Arguments of torch's own function: where to look and whether to ask, which is decided already."""


def load(repo_or_dir: str, model: str, *args: Any, **kwargs: Any) -> Any:
    """``torch.hub.load`` from the repository at hand; what is torch's own among the arguments changes nothing."""
    given = {name: value for name, value in kwargs.items() if name not in _OF_TORCH}
    return _entrypoint(repo_or_dir, model)(*args, **given)


def names(github: str, *_: Any, **__: Any) -> list[str]:
    """``torch.hub.list``: the entrypoints of the repository at hand."""
    return list(_repository(github).entrypoints())


def about(github: str, model: str, *_: Any, **__: Any) -> str | None:
    """``torch.hub.help``: the docstring of an entrypoint."""
    text = _entrypoint(github, model).__doc__
    return text if isinstance(text, str) else None


def _no_download(*_: Any, **__: Any) -> NoReturn:
    raise Refused("hub.no_download")


DOWNLOADS = MappingProxyType({"load_state_dict_from_url": _no_download})
"""What a hubconf.py imports for ``pretrained=True``."""


def _entrypoint(name: str, model: str) -> Any:
    found = _repository(name).entrypoints()
    if model not in found:
        raise HubError("hub.no_entry", name=str(model)[:60], names=", ".join(found) or "–")
    return found[model]


def _repository(name: str) -> Hub:
    hub = _at_hand.get()
    if hub is None:
        raise HubError("hub.none", name=str(name)[:80])
    if hub.name != name:
        raise HubError("hub.other", name=str(name)[:80], known=hub.name)
    return hub
