"""A model's text with lines added after the one that builds it: in eval mode, with modules frozen, with a new last layer.

What is added is always written in the same way, so that `plain` can take it off again and the text is known as the catalogue's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BUILT = re.compile(r"^model = .+$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_][\w.]*")

EVAL = "model.eval()"

_FREEZE = """\
for name, parameter in model.named_parameters():
    if name.startswith({names}):
        parameter.requires_grad = False"""

_FREEZE_ALL = """\
for parameter in model.parameters():
    parameter.requires_grad = False"""

CLASSES = 10
"""Of the notes' new classifier."""

_NEW_FC = f"model.fc = nn.Linear(512, {CLASSES})"
_OLD_TARGET, _NEW_TARGET = "torch.randint(CLASSES, (BATCH,))", f"torch.randint({CLASSES}, (BATCH,))"

_ADDED = re.compile(
    r"\n(?:"
    + "|".join(
        [
            re.escape(EVAL),
            re.escape(_FREEZE).replace(re.escape("{names}"), r"\(\"[\w.]+\",(?: \"[\w.]+\",?)*\)"),
            re.escape(_FREEZE_ALL),
            re.escape(_NEW_FC),
        ]
    )
    + r")(?=\n)"
)


def in_eval(code: str) -> str:
    """The text with its model in eval mode; as it is where no line builds ``model``."""
    return _after(code, EVAL)


def frozen(code: str, modules: Sequence[str]) -> str:
    """The text with all parameters of some modules frozen.

    Args:
        code: a text with a line that builds ``model``.
        modules: their paths in the model, as in ``layer1.0`` (without ``model.``); what is no path is left out.
    """
    names = [f"{module}." for module in modules if _NAME.fullmatch(module)]
    if not names:
        return code
    listed = ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")
    return _after(code, _FREEZE.format(names=f"({listed})"))


def new_classifier(code: str) -> str:
    """As the notes do with a ResNet-18 that was trained: everything frozen, then a new ``fc``, which alone is trained."""
    return _after(code, f"{_FREEZE_ALL}\n{_NEW_FC}").replace(_OLD_TARGET, _NEW_TARGET)


def plain(code: str) -> str:
    """The text without what these functions add."""
    found = _ADDED.sub("", code)
    return found.replace(_NEW_TARGET, _OLD_TARGET) if _NEW_FC in code else found


def _after(code: str, lines: str) -> str:
    built = list(_BUILT.finditer(code))
    if not built:
        return code
    end = built[-1].end()
    return f"{code[:end]}\n{lines}{code[end:]}"
