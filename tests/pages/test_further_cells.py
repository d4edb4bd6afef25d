"""The numbers of cells beyond those that a run carries, read by the same code run again."""

import torch

from explorer.app.cells import window_of, window_request
from explorer.ir import Run, RunRequest
from explorer.runner import shared_engine

CODE = "x = torch.rand(40, 50, requires_grad=True)\ny = x.t()\nloss = y.sum()"


def read(code, start, cells):
    """A run, and what the second one reads from a cell of its first storage."""
    run = shared_engine().run(RunRequest(code=code, seed=3))
    request = window_request(run, 0, start, cells)
    return run, window_of(shared_engine().run(request), 0, start)


def test_further_cells_are_those_of_the_same_run():
    run, window = read(CODE, 1700, 2000)
    torch.manual_seed(3)
    expected = torch.rand(40, 50).flatten()
    assert run.storages[0].cells == expected[:256].tolist()
    assert (window.storage, window.start) == (0, 1700)
    assert window.values == expected[1700:1956].tolist()


def test_the_last_cells_are_fewer():
    _, window = read("x = torch.arange(300)", 290, 300)
    assert window.values == list(range(290, 300))


def test_what_failed_or_has_no_variable_is_not_read():
    assert window_request(Run(status="error"), 0, 0, 10) is None
    run = shared_engine().run(RunRequest(code="torch.arange(300)"))
    assert window_request(run, 0, 256, 300) is None
    run = shared_engine().run(RunRequest(code="x = torch.arange(300)\n1 / 0"))
    assert window_request(run, 0, 256, 300) is None
