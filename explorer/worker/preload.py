"""Everything that torch imports on first use, used once before the first fork: a jailed child can open no file.

Seen with torch 2.13: an optimizer's first step alone imports some 800 modules (torch._dynamo, sympy). What is missed here
fails in a child as an ImportError, so a test runs learners' snippets in jailed children and finds none.
"""

from __future__ import annotations

import importlib
import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from explorer.ir import (
    FileRequest,
    HubRequest,
    InferenceRequest,
    LookRequest,
    Repository,
    RunRequest,
    StaticRequest,
    TrainingRequest,
)
from explorer.models import FUNCTIONS
from explorer.models.sources import packed
from explorer.training import data
from explorer.worker import provided
from explorer.worker.child import Tasks

_LAZY = (
    "encodings.cp437",  # the names in a zip archive
    "statistics",
    "torch._dynamo",
    "torch._subclasses.schema_check_mode",
    "torch.distributions",
    "torch.func",
    "torch.nn.utils.parametrizations",
    "torch.sparse",
    "torch.utils.checkpoint",
    "torch.utils.data",
    "sympy",
)

_FIRST_RUN = """
model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
optimizer = optim.SGD(model.parameters(), lr=0.1)
loss = F.mse_loss(model(torch.ones(3, 2)), torch.zeros(3, 1))
optimizer.zero_grad()
loss.backward()
optimizer.step()
print(loss)
"""
_FIRST_TENSOR = "points = torch.ones(3, 4)"
_FIRST_TRAINING = """
model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1)
schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4)
for step in range(2):
    loss = F.cross_entropy(model(x_train), y_train)
    loss.backward()
    optimizer.step()
    schedule.step()
"""


def load() -> Tasks:
    """Import the product's tasks and all they may need, warmed up by a run of our own; leaves seeds and defaults as they were."""
    warm_up()
    tasks = cast(Tasks, importlib.import_module("explorer.worker.tasks"))
    data.read_all()
    with _same_random_numbers():
        tasks.execute(RunRequest(code=_FIRST_RUN))
        tasks.train(TrainingRequest(code=_FIRST_TRAINING), lambda frame: None)
        _files(tasks)
        tasks.look(LookRequest(code=_FIRST_TENSOR))
        _study(tasks)
        provided.load_all()
    return tasks


def _study(tasks: Tasks) -> None:
    """Show a picture of each format to a model, let every way see every function, and open a repository."""
    from PIL import Image

    code = "model = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))"
    for kind in ("PNG", "JPEG"):
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, kind)
        tasks.infer(InferenceRequest(code=code, shape=(3, 8, 8)), b"", file.getvalue())
    for name in FUNCTIONS:
        tasks.compare_ways(StaticRequest(function=name))
    repository = Repository(name="first", archive=packed({"hubconf.py": "import torch"}))
    tasks.entrypoints(HubRequest(repository=repository))


def _files(tasks: Tasks) -> None:
    """Write every format once and read it back."""
    _, pieces = tasks.handle(FileRequest(code=_FIRST_TENSOR, write=("pt", "safetensors", "npy", "hdf5")), b"")
    for piece in pieces:
        tasks.handle(FileRequest(), piece)


def warm_up() -> None:
    """Do once what a learner's first lines do."""
    import torch

    from explorer.capture import facts
    from explorer.capture.kernel import DTYPES, compiled

    torch.set_num_threads(1)
    for name in _LAZY:
        importlib.import_module(name)
    for dtype in DTYPES:
        compiled(dtype)
    facts.compiled()
    with _same_random_numbers():
        _layers(torch)
        _functions(torch)
        _prints(torch)


@contextmanager
def _same_random_numbers() -> Iterator[None]:
    """Leave the generators of torch, numpy and Python as they were."""
    import numpy as np
    import torch

    states = torch.random.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        torch.random.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])


def _layers(torch: Any) -> None:
    nn, functional = torch.nn, torch.nn.functional
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(8, 2))
    functional.cross_entropy(model(torch.randn(2, 1, 4, 4)), torch.tensor([0, 1])).backward()
    for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad):
        optimizer = make(model.parameters(), lr=0.1)
        optimizer.step()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    nn.LSTM(2, 2, bidirectional=True)(torch.randn(3, 1, 2))[0].sum().backward()
    nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)(torch.randn(1, 3, 4)).sum().backward()
    nn.Embedding(4, 2)(torch.tensor([1])).sum().backward()


def _functions(torch: Any) -> None:
    x = torch.randn(3, 3, requires_grad=True)
    torch.einsum("ij,jk->ik", x, x).sum().backward()
    for function in (torch.linalg.svd, torch.linalg.eigh, torch.linalg.qr):
        function(x @ x.T + torch.eye(3))[0].sum().backward()
    torch.linalg.solve(x @ x.T + torch.eye(3), x).sum().backward()
    query = torch.randn(1, 1, 2, 2, requires_grad=True)
    torch.nn.functional.scaled_dot_product_attention(query, query, query, is_causal=True).sum().backward()
    torch.autograd.functional.jacobian(lambda value: value**2, torch.ones(2))
    torch.autograd.functional.hessian(lambda value: (value**3).sum(), torch.ones(2))
    torch.autograd.gradcheck(torch.sin, torch.ones(2, dtype=torch.float64, requires_grad=True))
    torch.func.hessian(torch.sin)(torch.tensor(1.0))
    torch.func.vmap(torch.sin)(torch.ones(2))
    torch.utils.checkpoint.checkpoint(torch.sin, x, use_reentrant=False).sum().backward()
    x.register_hook(lambda gradient: gradient).remove()
    next(iter(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4)), batch_size=2, shuffle=True)))
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        (x * 2).sum().backward()


def _prints(torch: Any) -> None:
    import numpy as np

    model = torch.nn.Linear(2, 2)
    for value in (
        torch.ones(2, 2) / 3,
        torch.tensor(True),
        torch.tensor(1 + 2j),
        model,
        model.weight,
        torch.eye(2).to_sparse(),
    ):
        repr(value)
    generator = np.random.default_rng(0)
    repr((generator.normal(size=2), np.random.RandomState(0).rand(2), np.linalg.norm(np.ones((2, 2)))))
    torch.from_numpy(np.ones(2)).numpy()
