"""What a failure left of the graph in nobody's hands: the tensors that the call of torch was given that raised.

Between the layers of an ``nn.Sequential``, or in the middle of an expression, no variable of the code holds them. The frame of our own mode,
through which the exception passed, does. Cannot see: what the code had in hand without a name when something else than a call of torch failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

import torch

from explorer.capture.drafts import OpDraft
from explorer.capture.forward import ForwardLog, tensors_among
from explorer.capture.private import quiet, sequence_nr
from explorer.capture.variables import Named, named_tensors
from explorer.capture.walk import edge_of

_CALLED = ForwardLog.__torch_function__.__code__
_OURS = str(Path(__file__).parents[1])


def given_to_failed(problem: BaseException, drafts: Sequence[OpDraft]) -> tuple[Named, ...]:
    """The tensors with a grad_fn that the call of torch was given that raised `problem`; empty where something else did.

    Each under the name that the innermost function has for it that the exception passed, else as the source of the call of `drafts` that made it.
    """
    frames = list(_frames(problem))
    calls = [frame.f_locals for frame in frames if frame.f_code is _CALLED]
    if not calls:
        return ()
    given = tensors_among((*calls[-1]["args"], *(calls[-1]["kwargs"] or {}).values()))
    with quiet():
        numbers = {id(one): number for one in given if (number := _number(one)) is not None}
        names, texts = _names(frames), _texts(drafts)
        made = {id(one): one for one in given if id(one) in numbers}
        return tuple(Named(names.get(at) or texts.get(numbers[at]) or "input", one) for at, one in made.items())


def newest(*results: Sequence[Named]) -> int:
    """Which of several lists of results has the tensor that was made last; of equal ones the first."""
    with quiet():
        made = [
            max([-1 if (number := _number(one.tensor)) is None else number for one in each], default=-1)
            for each in results
        ]
    return made.index(max(made))


def _number(tensor: torch.Tensor) -> int | None:
    """When its grad_fn was made; None where it has none."""
    edge = edge_of(tensor)
    return None if edge is None else sequence_nr(edge.node)


def _frames(problem: BaseException) -> Iterator[FrameType]:
    """Those that an exception passed through, and before it that which it was raised for; of each the outermost first."""
    raised: list[BaseException] = [problem]
    while (cause := raised[-1].__cause__ or raised[-1].__context__) is not None and id(cause) not in map(id, raised):
        raised.append(cause)
    for one in reversed(raised):
        trace = one.__traceback__
        while trace is not None:
            yield trace.tb_frame
            trace = trace.tb_next


def _names(frames: Sequence[FrameType]) -> dict[int, str]:
    """What the functions of others call tensors, by ``id``; the innermost decides."""
    scopes = [frame.f_locals for frame in frames if not frame.f_code.co_filename.startswith(_OURS)]
    return {id(one.tensor): one.name for scope in scopes for one in reversed(named_tensors(scope))}


def _texts(drafts: Sequence[OpDraft]) -> dict[int | None, str]:
    """The source of the call that made each node, by sequence number."""
    return {number: draft.place.text for draft in drafts for number in draft.nodes}
