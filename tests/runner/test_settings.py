"""What the operator decides, and how much room it gives a request."""

from dataclasses import fields
from pathlib import Path

import pytest

from explorer.ir import Hello, Layer, LibraryModel, RunRequest, TrainingRequest, Wall
from explorer.models import catalogue
from explorer.models.libraries import LIBRARIES
from explorer.runner import Engine, EngineError, Settings, read_settings
from explorer.runner.limits import order_for, places_of

SECURITY = (Path(__file__).parents[2] / "docs/security.md").read_text(encoding="utf-8")
TYPED = RunRequest(code="(x + y) * w")


def test_defaults():
    local, hosted = read_settings({}), read_settings({"EXPLORER_MODE": "hosted"})
    assert (local.mode, local.seconds, local.memory_mib, local.catalogue_memory_mib) == ("local", 10, 2048, 6144)
    assert (hosted.mode, hosted.memory_mib) == ("hosted", 1024)
    assert local.slots >= 1


def test_every_setting_can_be_set_and_is_documented():
    given = {f"EXPLORER_{field.name.upper()}": "3" for field in fields(Settings) if field.name != "mode"}
    given["EXPLORER_HUB"] = "someone/nets:v1, a/b"
    given["EXPLORER_HUB_SITE"] = "http://localhost:3"
    expected = {field.name: 3 for field in fields(Settings) if field.name != "mode"}
    expected |= {
        "database": "3",
        "hub": ("someone/nets:v1", "a/b"),
        "hub_folder": "3",
        "hub_site": "http://localhost:3",
    }
    assert read_settings(given) == Settings(**expected)
    for name in [*given, "EXPLORER_MODE"]:
        assert f"`{name}`" in SECURITY


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "ten", "1e999"])
def test_a_setting_that_is_no_positive_number(value):
    with pytest.raises(EngineError, match=f"EXPLORER_SECONDS is {value}, but it must be a number greater than 0"):
        read_settings({"EXPLORER_SECONDS": value})


@pytest.mark.parametrize("name", ["nets", "../a", "a/b:../c", "https://x/y", "a/b:c d/e:", "a/b?"])
def test_a_repository_that_is_none(name):
    with pytest.raises(EngineError, match="is no repository"):
        read_settings({"EXPLORER_HUB": f"a/b,{name}"})


@pytest.mark.parametrize(
    "value", ["http://example.org", "file:///etc", "codeload.github.com", "ftp://localhost", "https://", "http://[::1"]
)
def test_a_site_that_is_no_safe_address(value):
    with pytest.raises(EngineError, match="EXPLORER_HUB_SITE is"):
        read_settings({"EXPLORER_HUB_SITE": value})


def test_an_unknown_mode():
    with pytest.raises(EngineError, match="EXPLORER_MODE is open, but"):
        read_settings({"EXPLORER_MODE": "open"})


def test_a_model_of_the_catalogue_gets_more_room_until_it_is_edited():
    settings = Settings()
    code = catalogue()[0].code(batch=None, shape=None)
    typed, ours = (order_for(RunRequest(code=text), settings).limits for text in (TYPED.code, code))
    assert (typed.seconds, typed.memory) == (10, 2048 * 2**20)
    assert (ours.seconds, ours.memory) == (30, 6144 * 2**20)
    assert order_for(RunRequest(code=code + "\nx = torch.ones(10**9)"), settings).limits == typed


def test_a_librarys_model_gets_the_catalogues_room_where_nothing_else_runs():
    settings = Settings()

    def seconds(name, more=""):
        wanted = LibraryModel(library="torchvision", name=name)
        return order_for(
            RunRequest(code=LIBRARIES["torchvision"].code(name) + more, library=wanted), settings
        ).limits.seconds

    assert seconds("mvit_v1_b") == settings.catalogue_seconds
    assert seconds("mvit_v1_b", "x = torch.ones(10**9)") == settings.seconds
    assert seconds("resnet18\nwhile True: pass") == settings.seconds


def test_training_has_its_own_time_and_cuda_no_address_space_limit():
    order = order_for(TrainingRequest(code="", device="cuda:0"), Settings(training_seconds=7))
    assert (order.task, order.limits.seconds, order.limits.memory) == ("train", 7, None)


@pytest.mark.parametrize(
    ("mib", "slots", "places"), [(512, 4, 1), (1024, 4, 1), (1025, 4, 2), (6144, 4, 4), (6144, 8, 6)]
)
def test_a_run_takes_slots_by_its_memory(mib, slots, places):
    settings = Settings(memory_mib=mib, slots=slots)
    assert places_of(order_for(TYPED, settings), Settings(memory_mib=1024, slots=slots)) == places


class Elsewhere:
    """A host whose wall is as given, and which must not be asked for a worker."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall

    def hello(self) -> Hello:
        return Hello(torch="2.13.0", devices=("cpu", "cuda:0"), wall=self._wall)

    def spawn(self):
        raise AssertionError("a worker was asked for")

    def close(self) -> None:
        pass


PARTIAL = Wall(
    level="partial", layers=(Layer(name="seccomp", held=False, detail="no libseccomp"),), escaped=("open a socket",)
)


@pytest.mark.parametrize("use", [Engine.start, lambda engine: engine.run(TYPED), lambda engine: engine.devices])
def test_hosted_refuses_to_work_behind_less_than_the_full_wall(use):
    host = Elsewhere(PARTIAL)
    engine = Engine(Settings(mode="hosted"), host, host)
    with pytest.raises(EngineError, match=r"open a socket, seccomp \(no libseccomp\)"):
        use(engine)
    assert Engine(Settings(mode="local"), host, host).wall == PARTIAL


def test_hosted_training_ends_with_the_same_sentence():
    host = Elsewhere(PARTIAL)
    end = Engine(Settings(mode="hosted"), host, host).train(TrainingRequest(code="")).wait(10)
    assert "open a socket" in end.message


def test_hosted_offers_no_cuda():
    host = Elsewhere(Wall(level="full"))
    engine = Engine(Settings(mode="hosted"), host, host)
    assert engine.devices == ("cpu",)
    assert engine.run(RunRequest(code="", device="cuda:0")).status == "refused"
