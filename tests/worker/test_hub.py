"""Torch Hub from a .zip in memory: what torch.hub gives for the same folder, and what a hostile one cannot do."""

import io
import sys
import zipfile

import pytest
import torch

from explorer.graph.anatomy import anatomy, root
from explorer.ir import HubRequest, InferenceRequest, Repository, RunRequest
from explorer.models.sources import MOST_TEXT, packed, python_files
from explorer.worker.session import execute
from explorer.worker.tasks import entrypoints, infer
from tests.worker.hub_repository import FILES, zipped

CODE = """\
model = torch.hub.load("tiny", "tiny", source="local", width=6)
output = model(torch.ones(1, 3, 8, 8))
loss = output.square().mean()
"""


def repository(files=FILES, **changed):
    return Repository(name="tiny", archive=zipped({**files, **changed}))


def ran(code=CODE, given=None):
    return execute(RunRequest(code=code, repository=repository() if given is None else given))


def with_file(**files):
    return repository({**FILES, **{path.replace("__", "/") + ".py": text for path, text in files.items()}})


@pytest.fixture
def on_disk(tmp_path, monkeypatch):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    yield str(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("hubconf", "tiny")]:
        del sys.modules[name]


def test_the_model_and_its_numbers_are_those_of_torch_hub(on_disk):
    run = ran()
    assert (run.status, run.message) == ("ok", None)
    torch.manual_seed(0)
    model = torch.hub.load(on_disk, "tiny", source="local", width=6)
    assert float(run.graph.roots[0].value) == pytest.approx(model(torch.ones(1, 3, 8, 8)).square().mean().item())
    whole = root(anatomy(run))
    assert whole.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert {call.module for call in run.calls} >= {"model.features.0", "model.head"}
    listed = entrypoints(HubRequest(repository=repository()))
    assert [entry.name for entry in listed.entries] == ["deep", "tiny"]
    assert [entry.signature for entry in listed.entries] == ["(depth=2)", "(pretrained=False, **kwargs)"]
    assert listed.entries[1].text.startswith("A small network.")
    assert listed.commit == ""
    fetched = packed(FILES, "0af3" * 10)
    assert entrypoints(HubRequest(repository=Repository(name="tiny", archive=fetched))).commit == "0af3" * 10


def test_typed_code_can_list_and_ask_for_help_and_inference_loads_it_too():
    run = ran('print(torch.hub.list("tiny"))\nprint(torch.hub.help("tiny", "tiny"))\nx = torch.ones(1)')
    assert "['deep', 'tiny']\nA small network." in run.stdout
    said = infer(InferenceRequest(code=CODE, shape=(3, 8, 8), repository=repository()), b"", b"")
    assert (said.status, said.said[0].shape) == ("ok", (1, 2))


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ('torch.hub.load("tiny", "large")', "hub.no_entry"),
        ('torch.hub.load("other/repo", "tiny")', "hub.other"),
        ('torch.hub.load("tiny", "tiny", pretrained=True)', "hub.no_download"),
        ('torch.hub.load("tiny", "_TinyNet")', "hub.no_entry"),
        ('torch.hub.download_url_to_file("http://127.0.0.1", "x")', "gate.hidden"),
    ],
)
def test_what_is_not_there_is_said(code, key):
    run = ran(f"model = {code}")
    assert run.sentence.key == key
    assert (run.status == "refused") == (key in ("hub.no_download", "gate.hidden"))
    assert execute(RunRequest(code='m = torch.hub.load("a/b", "c")')).sentence.key == "hub.none"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"tiny__net": "import os\n"}, "tiny/net.py, line 1"),
        ({"tiny__net": "\nx = 1 / 0\n"}, "tiny/net.py, line 2 of the repository: ZeroDivisionError"),
        ({"tiny__net": "x = open('/etc/passwd')\n"}, "tiny/net.py, line 1"),
        ({"tiny__net": "from tiny import __builtins__\n"}, "__builtins__"),
        ({"tiny__net": "import tiny.blocks as b\nx = b.__dict__\n"}, "tiny/net.py, line 2"),
        ({"tiny__net": "from ... import x\n"}, "beyond top-level package"),
        ({"tiny__net": "from tiny.blocks import none\n"}, "cannot import name"),
        ({"hubconf": "dependencies = ['torch', 'timm']\n"}, "timm"),
    ],
)
def test_a_file_that_cannot_be_run_is_told_with_its_line(files, said):
    run = ran(given=with_file(**files))
    assert run.status in ("error", "refused")
    assert said in run.message


def test_modules_of_the_repository_are_views_that_nobody_changes():
    shared = "from torch import nn\nfrom . import block\nimport tiny\ntiny.block = None\n"
    assert "cannot be changed" in ran(given=with_file(tiny__net=shared)).message
    run = ran(
        'net = torch.hub.load("tiny", "tiny")\nx = torch.ones(1)', with_file(torch="def ones(*_): return 'mine'\n")
    )
    assert run.status == "ok"  # a torch.py in the .zip stands in nobody's way


def evil(path="a.py", data=b"x = 1", **attributes):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hubconf.py", "x = 1")
        member = zipfile.ZipInfo(path)
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("archive", "key"),
    [
        (b"", "hub.no_zip"),
        (zipped()[:-30], "hub.no_zip"),
        (zipped({"a.py": "x = 1"}), "hub.no_hubconf"),
        (evil("../a.py"), "hub.path"),
        (evil("/etc/a.py"), "hub.path"),
        (evil("a/../../b.py"), "hub.path"),
        (evil("C:a.py"), "hub.path"),
        (evil(data=b"#" * (MOST_TEXT + 1)), "hub.too_large"),
        (zipped({f"a{at}.py": "" for at in range(501)}), "hub.too_many"),
    ],
)
def test_a_bad_zip_is_refused_by_name(archive, key):
    answer = entrypoints(HubRequest(repository=Repository(name="tiny", archive=archive)))
    assert (answer.status, answer.sentence.key) == ("refused", key)


def test_only_python_files_are_read():
    files = python_files(zipped({**FILES, "weights/tiny.pt": "pickle", "README.md": "#"}))
    assert set(files) == set(FILES)
