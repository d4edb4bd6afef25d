"""Checkpoints, pictures and static ways behind the wall: nothing that they import is missing in the jail."""

import io

import pytest
import torch
from PIL import Image

from explorer.ir import HubRequest, InferenceRequest, Repository, RunRequest, StaticRequest
from explorer.models import FUNCTIONS
from explorer.models.sources import MOST_ARCHIVE
from explorer.runner.engine import Engine
from explorer.runner.settings import Settings
from tests.worker.hub_repository import zipped

CODE = "model = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(192, 4))"
REQUEST = InferenceRequest(code=CODE, shape=(3, 8, 8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "RGBA"])
def test_pictures_of_every_mode_are_read_in_the_jail(engine, kind, mode):
    if (kind, mode) in {("PNG", "CMYK"), ("JPEG", "P"), ("JPEG", "RGBA")}:
        pytest.skip("the format has no such mode")
    file = io.BytesIO()
    Image.new(mode, (30, 20)).save(file, kind)
    answer = engine.infer(REQUEST, b"", file.getvalue())
    assert (answer.status, answer.message, answer.stages[0].shape) == ("ok", None, (3, 20, 30))


def test_a_checkpoint_of_many_megabytes_goes_through(engine):
    code = "model = nn.Linear(2048, 3000)"
    file = io.BytesIO()
    torch.save({"weight": torch.ones(3000, 2048), "bias": torch.zeros(3000)}, file)
    assert len(file.getvalue()) > 20 * 2**20
    answer = engine.infer(InferenceRequest(code=code, look=False), file.getvalue())
    assert (answer.status, answer.loading.matched) == ("ok", 2)


def test_a_repository_is_opened_and_run_in_the_jail(engine):
    tiny = Repository(name="tiny", archive=zipped())
    assert [entry.name for entry in engine.entrypoints(HubRequest(repository=tiny)).entries] == ["deep", "tiny"]
    code = 'torch.hub.load("tiny", "deep")(torch.ones(1, 4, 2, 2)).sum()'
    assert engine.run(RunRequest(code=code, repository=tiny)).status == "ok"
    large = HubRequest(repository=Repository(name="large", archive=bytes(MOST_ARCHIVE + 1)))
    assert engine.entrypoints(large).sentence.key == "hub.upload"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_way_works_in_the_jail_as_outside(engine, name):
    from explorer.worker.study import compare_ways

    request = StaticRequest(function=name)
    assert engine.compare_ways(request).ways == compare_ways(request).ways


def test_files_over_the_limit_are_refused_before_any_worker_sees_them():
    engine = Engine(Settings(weights_mib=1), None, None)
    answer = engine.infer(REQUEST, bytes(2**20 + 1))
    assert (answer.status, answer.sentence.key, answer.sentence.values) == ("refused", "inference.upload", {"mib": "1"})
    assert engine.infer(REQUEST, b"", bytes(8 * 2**20 + 1)).sentence.values == {"mib": "8"}


def test_code_that_never_ends_costs_only_its_answer(engine):
    answer = engine.infer(InferenceRequest(code="while True:\n    pass"))
    assert answer.status == "stopped"
