"""The state of the Models page: one small serialisable record, and what follows from it without drawing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from explorer.app.state import GraphState
from explorer.graph.anatomy import Part
from explorer.ir import (
    Drawn,
    Graph,
    InferenceAnswer,
    InferenceRequest,
    LibraryModel,
    Loading,
    Misshapen,
    Number,
    Record,
    Repository,
    Run,
    RunRequest,
    Stage,
    StaticAnswer,
    Tensor,
)
from explorer.models import INITIALISERS, Model, catalogue, find, frozen, new_classifier
from explorer.models.hub import hub_code
from explorer.models.libraries import LIBRARIES
from explorer.words import LANGUAGES, say

FIRST = "resnet18"
OWN = ""
"""In a list of models: the person's own text."""

PHOTO = (3, 224, 224)
SHOWN_PICTURES = (
    "lenet",
    "alexnet",
    "vgg16",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "densenet201",
    "mobilenet_v2",
    "vit",
    "unet",
    "cyclegan",
)
"""Models that take a picture and nothing else."""

REPEATS = 3
"""Further runs in which backward is timed: the median counts."""

MOST_ROWS = 2_000
"""Modules that the table shows at once."""


class ModelsState(Record, frozen=True, kw_only=True):
    """What a person chose and typed on the Models page. Equal states show equal pages."""

    section: str = "catalogue"
    """Name of the section that is shown."""
    search: str = ""
    kind: str = ""
    """Only models of this kind; empty: all."""
    model: str | None = FIRST
    """Name in the catalogue; None after a text of the person's own was run."""
    code: str = find(FIRST).code()
    """The text that was run last: it makes ``model``."""
    revision: int = 0
    """Grows when the page puts a text into the editor."""
    depth: int = 2
    """How deep the tree of modules is shown."""
    module: str | None = None
    """Path of the module that was selected."""
    drawn: Drawn = "horse"
    """The picture, where none was uploaded."""
    prefix: str = ""
    """Taken off the names of a checkpoint."""
    frozen: tuple[str, ...] = ()
    """Paths of modules whose parameters are frozen, as in ``model.layer1``."""
    classifier: bool = False
    """Whether all is frozen but a new ``fc``, as the notes do."""
    initialiser: str = "linear"
    ins: int = 256
    outs: int = 128
    seed: int = 0
    library: str = "transformers"
    wanted: str = ""
    """Name of a model of the library; empty: the first that is suggested."""
    repository: Repository | None = None
    """Of Torch Hub, where the text loads its model from one; it goes when another model is chosen."""
    entry: str = ""
    """What of it was chosen last."""
    arguments: str = ""
    """As typed: what the entrypoint is called with."""
    sizes: str = "3, 224, 224"
    """As typed: what the model is shown, without the batch."""
    function: str = "branch"
    """That the static ways are shown with."""

    def request(self) -> RunRequest:
        """The run that the tree is read from: the one that the Graph page would ask for."""
        return self.graph_of(self.code).request()

    def graph_of(self, code: str) -> GraphState:
        """The Graph page with the model, or with a variant of its text."""
        if self.model is None or code != self.code:
            return GraphState(code=code, draft=code, repository=self.repository)
        chosen = find(self.model)
        return GraphState(
            source="model", model=chosen.name, batch=chosen.batch, shape=chosen.shape, code=code, draft=code
        )

    def inference(self, *, look: bool = True) -> InferenceRequest:
        """What the picture and the checkpoint are sent with."""
        shape = _picture_shape(self.code)
        return InferenceRequest(
            code=self.code,
            prefix=self.prefix,
            drawn=self.drawn,
            shape=shape,
            normalize=self.model != "cyclegan",
            look=look,
            repository=self.repository,
        )

    def frozen_code(self) -> str:
        """The model's text with what was chosen frozen."""
        if self.classifier:
            return new_classifier(self.code)
        return frozen(self.code, [path.removeprefix("model.") for path in self.frozen])

    def from_library(self) -> GraphState:
        """The Graph page with a model of an optional library."""
        library = LIBRARIES[self.library]
        name = self.wanted.strip() or library.suggested[0]
        code = library.code(name)
        return GraphState(code=code, draft=code, library=LibraryModel(library=library.name, name=name))

    def weight(self) -> RunRequest:
        """The run that fills a weight."""
        code = INITIALISERS[self.initialiser].code(self.ins, self.outs)
        return RunRequest(code=code, seed=self.seed, verify="never")

    def with_model(self, name: str) -> ModelsState:
        """Choose an entry of the catalogue; its text replaces what was typed."""
        return replace(self._put(name, find(name).code()), repository=None)

    def with_entry(self, repository: Repository, entry: str) -> ModelsState:
        """Load an entrypoint of a repository with the arguments and sizes that were typed."""
        code = hub_code(repository.name, entry, self.arguments, read_sizes(self.sizes) or PHOTO)
        return replace(self._put(None, code), repository=repository, entry=entry)

    def with_code(self, code: str) -> ModelsState:
        """Run a text of the person's own, which may be the catalogue's after all."""
        ours = next((model.name for model in catalogue() if model.code().rstrip("\n") == code.rstrip("\n")), None)
        return replace(self, model=ours, code=code, module=None, frozen=(), classifier=False, prefix="")

    def _put(self, model: str | None, code: str) -> ModelsState:
        put = replace(self, model=model, code=code, module=None, revision=self.revision + 1)
        return replace(put, frozen=(), classifier=False, prefix="")

    def having(self, **fields: Any) -> ModelsState:
        """The same page with other values."""
        return replace(self, **fields)


def read_sizes(text: str) -> tuple[int, ...] | None:
    """``3, 224, 224`` as a shape; None where it is none."""
    found = re.findall(r"\d{1,5}", text)
    return tuple(int(size) for size in found) if found and not re.search(r"[^\d\s,x×()]", text) else None


_SHAPE = re.compile(r"^SHAPE = \((\d{1,4}), (\d{1,4}), (\d{1,4})\)$", re.MULTILINE)


def _picture_shape(code: str) -> tuple[int, int, int]:
    """Channels, height and width that a text says it takes; else those of most published weights."""
    said = _SHAPE.search(code)
    sizes = (int(said[1]), int(said[2]), int(said[3])) if said else PHOTO
    return sizes if sizes[0] in (1, 3) and min(sizes[1:]) >= 1 and max(sizes[1:]) <= 512 else PHOTO


def found(search: str, kind: str) -> tuple[Model, ...]:
    """The models whose name, title or description, in any language, has all the words of `search`."""
    wanted = search.casefold().split()
    return tuple(
        model
        for model in catalogue()
        if (not kind or model.kind == kind) and all(word in _searched(model) for word in wanted)
    )


def _searched(model: Model) -> str:
    texts = [
        say(key, read) for read in LANGUAGES for key in (model.title, model.description, f"models.kind.{model.kind}")
    ]
    return " ".join([model.name, *texts]).casefold()


def shown_parts(parts: Iterable[Part], depth: int) -> tuple[Part, ...]:
    """The rows of the tree down to `depth`."""
    return tuple(part for part in parts if part.depth <= depth)[:MOST_ROWS]


def indented(part: Part) -> str:
    """The last name of a module's path, set in as deep as it lies."""
    name = part.path.rpartition(".")[2]
    return name if not part.depth else "\u2003" * (part.depth - 1) + "└ " + name


def count_text(count: float) -> str:
    """A large count with four digits and a unit, as in ``61.10 M``."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count:g}"


def first_node(graph: Graph, module: str) -> int | None:
    """The first node that the module made, itself or through one inside it: where its graph is looked at first."""
    inside = f"{module}."
    return next((node.id for node in graph.nodes if f"{node.module}.".startswith(inside)), None)


def opened(module: str) -> tuple[str, ...]:
    """The module and those around it: what is drawn open so that its own graph is seen."""
    names = module.split(".")
    return tuple(".".join(names[: end + 1]) for end in range(len(names)))


class Kept(Record, frozen=True, kw_only=True):
    """What a run keeps for backward, and what backward takes."""

    nodes: int
    nbytes: int
    """Saved for backward alone: parameters and inputs do not count."""
    seconds: float | None
    """Of backward; None where it was not timed."""
    trained: int
    """Elements of parameters that need a gradient."""


def kept_by(run: Run, parts: Iterable[Part]) -> Kept:
    """The numbers that freezing changes."""
    times = run.times.backward if run.times is not None else ()
    return Kept(
        nodes=len(run.graph.nodes),
        nbytes=run.memory.run.own if run.memory is not None else 0,
        seconds=sum(one for one in times if one is not None) if times else None,
        trained=sum(part.trained for part in parts if part.depth == 0),
    )


def is_frozen(path: str, frozen: Iterable[str]) -> bool:
    """Whether a module, or one around it, is frozen."""
    return any(f"{path}.".startswith(f"{one}.") for one in frozen)


def can_freeze(parts: Iterable[Part], depth: int) -> tuple[Part, ...]:
    """The modules below ``model`` that have parameters of their own and names that code can say."""
    return tuple(
        part for part in parts if 1 <= part.depth <= depth and part.parameters and _SAYABLE.fullmatch(part.path)
    )[:MOST_CHECKBOXES]


_SAYABLE = re.compile(r"model\.[\w.]+", re.ASCII)
MOST_CHECKBOXES = 60


def said_run(answer: InferenceAnswer | StaticAnswer, code: str) -> Run:
    """An answer as a run, for all that says of a run why it failed."""
    line = answer.line if isinstance(answer, InferenceAnswer) else None
    return Run(status=answer.status, sentence=answer.sentence, message=answer.message, line=line, code=code)


def shape_text(shape: tuple[int, ...]) -> str:
    """As in ``3 × 224 × 224``."""
    return " × ".join(map(str, shape))


def step_text(stage: Stage) -> str:
    """The call, with long lists of numbers left out."""
    return stage.call if len(stage.call) < _LONG_CALL else f"{stage.call.partition('(')[0]}(mean, std)"


_LONG_CALL = 30


def untaught(loading: Loading | None) -> str:
    """Key of what is to be said of weights that are random, in all or in part; empty where the checkpoint brought all that counts."""
    if loading is None or not loading.matched:
        return "inference.random"
    counters = sum(name.endswith("num_batches_tracked") for name in loading.missing)  # old checkpoints have none
    return "inference.partly" if loading.counts[0] + loading.counts[2] > counters else ""


def from_model_on(code: str) -> str:
    """The lines of a text from the one that builds ``model``; all of them where there is none."""
    return code[max(0, code.rfind("\nmodel = ") + 1) :]


def missing_text(one: Misshapen) -> str:
    """As in ``fc.weight  10 × 512 → 1000 × 512``: what the file has, and what the model wants."""
    return f"{one.name}  {shape_text(one.given)} → {shape_text(one.wanted)}"


def percent(share: Number) -> str:
    """A share as the notes print it, with two digits."""
    return f"{100 * float(share):.2f} %"


def weight_of(run: Run) -> Tensor | None:
    """The tensor that `ModelsState.weight` asked for."""
    return next((one for one in run.tensors if one.name == "weight" and one.value_stats is not None), None)
