"""One `InferenceRequest`, in the child: build, load, prepare the picture, and ask the model in both modes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from msgspec.structs import replace
from torch import nn

from explorer.ir import Guess, InferenceAnswer, InferenceRequest, ModeChange, Picture, Said, Sentence, Stage, number
from explorer.words import tell
from explorer.worker.errors import first_sentence
from explorer.worker.files.contents import BadFileError
from explorer.worker.hub.calls import at_hand
from explorer.worker.hub.repository import LocalHub
from explorer.worker.output import captured
from explorer.worker.seeding import seed_everything
from explorer.worker.study import pictures
from explorer.worker.study.building import build
from explorer.worker.study.checkpoint import load
from explorer.worker.study.drawings import drawn
from explorer.worker.verdicts import judge

TOP = 5
_MOST_CHANGES = 60
_SIDE_OF_OUTPUT = 224
"""px of a picture that a model gives."""

_Moments = dict[str, tuple[float, float]]


def infer(request: InferenceRequest, checkpoint: bytes, image: bytes) -> InferenceAnswer:
    """Do what `request` asks. It never raises for what code, checkpoint or picture hold; what came before a failure is kept."""
    answer = InferenceAnswer(status="ok")
    variables: dict[str, Any] = {}
    with captured() as printed:
        try:
            hub = LocalHub(request.repository) if request.repository is not None else None
            with at_hand(hub):
                model = build(request.code, request.seed, variables)
            if checkpoint:
                loading, labels = load(model, checkpoint, request.prefix)
                answer = replace(answer, loading=loading, labels=labels)
            if request.look:
                stages, tensor = _prepare(request, image)
                answer = replace(answer, stages=stages)
                said, changes = _ask(model, tensor[None], request.seed)
                answer = replace(answer, said=said, changes=changes)
        except BadFileError as problem:
            answer = _ended(answer, "refused", problem.sentence, None)
        except BaseException as problem:  # typed code can raise whatever it likes
            verdict = judge(problem, variables, None)
            answer = _ended(answer, verdict.status, verdict.sentence, verdict.line)
    return replace(answer, stdout=printed.text())


def _ended(answer: InferenceAnswer, status: Any, sentence: Sentence, line: int | None) -> InferenceAnswer:
    return replace(answer, status=status, sentence=sentence, message=tell(sentence), line=line)


def _prepare(request: InferenceRequest, payload: bytes) -> tuple[tuple[Stage, ...], torch.Tensor]:
    picture = pictures.decode(payload) if payload else drawn(request.drawn)
    steps = list(pictures.prepared(picture, request.shape, request.normalize))
    return tuple(stage for stage, _ in steps), steps[-1][1]


def _ask(model: nn.Module, batch: torch.Tensor, seed: int) -> tuple[tuple[Said, ...], tuple[ModeChange, ...]]:
    """Once in eval mode, twice in train mode, each from the same buffers: what BatchNorm learns on the way is taken back."""
    said: list[Said] = []
    seen: list[_Moments] = []
    for turn, mode in enumerate(("eval", "train", "train")):
        seed_everything(seed + max(0, turn - 1))
        with _buffers_kept(model), _watched(model) as moments:
            said.append(_one(model, batch, "eval" if mode == "eval" else "train"))
        seen.append(moments)
    modules = dict(model.named_modules())
    changes = [
        ModeChange(
            module=path,
            class_name=type(modules[path]).__name__,
            eval_mean=number(seen[0][path][0]),
            eval_std=number(seen[0][path][1]),
            train_mean=number(seen[1][path][0]),
            train_std=number(seen[1][path][1]),
        )
        for path in seen[0]
        if path in seen[1]
    ]
    return tuple(said), tuple(changes[:_MOST_CHANGES])


def _one(model: nn.Module, batch: torch.Tensor, mode: Literal["eval", "train"]) -> Said:
    model.train(mode == "train")
    try:
        with torch.no_grad():
            output = model(batch)
    except Exception as problem:  # a model may not take a picture at all
        return Said(mode=mode, sentence=Sentence(key="inference.no_output", values={"said": first_sentence(problem)}))
    if isinstance(output, tuple | list) and output:
        output = output[0]
    if not isinstance(output, torch.Tensor) or output.is_complex() or not output.numel():
        return Said(mode=mode, sentence=Sentence(key="inference.no_tensor", values={"given": type(output).__name__}))
    numbers = output.double()
    return Said(
        mode=mode,
        shape=tuple(output.shape),
        mean=number(numbers.mean().item()),
        std=number(numbers.std(correction=0).item()),
        top=_top(numbers[0]) if numbers.dim() == 2 and numbers.shape[1] > 1 else (),
        picture=_picture(numbers[0]) if numbers.dim() == 4 else None,
    )


def _top(scores: torch.Tensor) -> tuple[Guess, ...]:
    """``softmax``, then the largest, as the notes do it."""
    shares = torch.softmax(scores, 0)
    values, indices = torch.topk(scores, min(TOP, scores.numel()))
    return tuple(
        Guess(index=int(at), score=number(float(score)), share=number(float(shares[at])))
        for score, at in zip(values, indices, strict=True)
    )


def _picture(output: torch.Tensor) -> Picture:
    """Numbers from -1 to 1 as a picture; of other channels the one that is largest in each pixel."""
    if output.shape[0] in (1, 3):
        return pictures.shown((output + 1) / 2 * 255, _SIDE_OF_OUTPUT)
    classes = output.shape[0]
    return pictures.shown(output.argmax(0, keepdim=True) * (255 / max(classes - 1, 1)), _SIDE_OF_OUTPUT)


@contextmanager
def _buffers_kept(model: nn.Module) -> Iterator[None]:
    """Put all buffers back as they were."""
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                buffer.copy_(before[name])


@contextmanager
def _watched(model: nn.Module) -> Iterator[_Moments]:
    """Mean and standard deviation of what each BatchNorm and Dropout gives, by its path."""
    moments: _Moments = {}

    def watch(path: str) -> Any:
        def seen(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            numbers = output.double()
            moments.setdefault(path, (numbers.mean().item(), numbers.std(correction=0).item()))

        return seen

    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
    hooks = [
        module.register_forward_hook(watch(path)) for path, module in model.named_modules() if isinstance(module, kinds)
    ]
    try:
        yield moments
    finally:
        for hook in hooks:
            hook.remove()
