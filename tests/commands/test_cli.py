"""The command line, as scripts use it: exit status, one plain sentence on stderr, and what is written."""

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import torch

from explorer import words
from explorer.__main__ import main
from explorer.commands.status import exit_status
from explorer.ir import Run, Sentence, decode_run
from explorer.models import catalogue
from explorer.runner import EngineError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cli(capfdbinary, monkeypatch):
    """Call the command line in this process: (status, stdout, stderr)."""

    def call(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            status = main(arguments)
        except SystemExit as leaving:  # argparse's own way to refuse
            status = leaving.code
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return call


def tensors(out):
    return {tensor["name"]: tensor for tensor in json.loads(out)["tensors"]}


def test_an_expression_with_values_given(cli):
    status, out, err = cli("run", "-", "--set", "x=2", "--set", "y=3", "--set", "w=4", stdin="(x + y) * w")
    assert (status, err) == (0, "")
    assert {name: tensors(out)[name]["grad"] for name in "xyw"} == {"x": 4, "y": 4, "w": 5}
    assert [node["name"] for node in json.loads(out)["graph"]["nodes"]][:2] == ["MulBackward0", "AddBackward0"]


def test_the_json_is_a_run(cli):
    _, out, _ = cli("run", "-", stdin="x = torch.tensor(2.0, requires_grad=True)\n(x ** 3).backward()")
    run = decode_run(out.encode())
    x = torch.tensor(2.0, requires_grad=True)
    (expected,) = torch.autograd.grad(x**3, x)
    assert tensors(out)["x"]["grad"] == expected.item() == 12
    assert run.backwards[0].line == 2


def test_times_and_proof_as_asked(cli):
    code = "x = torch.tensor(2.0, requires_grad=True)\nprint(x ** 3)\nx ** 3"
    asked = json.loads(cli("run", "-", "--verify", "never", "--repeats", "3", stdin=code)[1])
    plain = json.loads(cli("run", "-", stdin=code)[1])
    assert asked["verification"] == {"status": "skipped", "reason": "asked"}
    assert {key: plain["verification"][key] for key in ("status", "leaves", "equal")} == {
        "status": "verified",
        "leaves": 1,
        "equal": 1,
    }
    assert asked["times"]["repeats"] == 3
    assert plain["times"].get("repeats", 0) == 0
    assert len(asked["times"]["forward"]) == len(asked["ops"]) == len(plain["times"]["forward"])
    assert asked["stdout"] == plain["stdout"]


def test_a_file_and_an_output_file(cli, tmp_path):
    source, target = tmp_path / "code.py", tmp_path / "run.json"
    source.write_text("print('한글')\nx = torch.ones(3, requires_grad=True)\nx.sum()\n", encoding="utf-8")
    status, out, err = cli("run", str(source), "-o", str(target))
    assert (status, out, err) == (0, "", "")
    assert json.loads(target.read_bytes())["stdout"] == "한글\n"


def test_equal_requests_give_equal_bytes(cli):
    def without_times():
        document = json.loads(cli("run", "-", "--seed", "7", stdin="torch.randn(3, requires_grad=True).exp().sum()")[1])
        return {**document, "seconds": 0, "timings": {}, "times": None}

    assert without_times() == without_times()


@pytest.mark.parametrize(
    ("code", "status", "line", "word"),
    [
        ("", 3, None, "expression"),
        ("x = (1 +\n", 3, 1, ""),
        ("import os\n", 3, 1, "os"),
        ("x = 1\ny = x + zz\n", 4, 2, "zz"),
        ("a = torch.ones(2, 3)\na @ a\n", 4, 2, "shape"),
        ("x = torch.ones(2, requires_grad=True)\n(x * 2).backward()\n", 4, 2, "scalar"),
        ("torch.ones(10**11)", 5, 1, "memory"),
    ],
    ids=["empty", "syntax", "import", "unknown name", "shapes", "non-scalar", "memory"],
)
def test_bad_code_gets_its_status_and_one_sentence_with_the_line(cli, code, status, line, word):
    got, out, err = cli("run", "-", stdin=code)
    assert got == status
    assert json.loads(out)["status"] == {3: "refused", 4: "error", 5: "stopped"}[status]
    assert err.count("\n") == 1
    assert word in err
    assert "Traceback" not in err + out
    assert json.loads(out)["line"] == line
    if line is not None:
        assert err.startswith(f"line {line}: ")


def test_what_was_captured_until_it_raised_is_still_written(cli):
    code = "x = torch.tensor(3.0, requires_grad=True)\ny = x * x\nraise ValueError('enough')\n"
    status, out, err = cli("run", "-", stdin=code)
    assert status == 4
    assert "enough" in err
    assert tensors(out)["y"]["value"] == 9
    assert [node["name"] for node in json.loads(out)["graph"]["nodes"]] == ["MulBackward0", "AccumulateGrad"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "-", "--model", "mlp"),
        ("run", "no-such-file.py"),
        ("run", "-", "--set", "x"),
        ("run", "-", "--set", "x=two"),
        ("run", "--model", "resnet81"),
        ("run", "--model", "mlp", "--shape", "three"),
        ("run", "-", "--format", "gif"),
        ("run", "-", "--verify", "perhaps"),
        ("run", "-", "--repeats", "-1"),
        ("batch", "no-such-file.jsonl", "-"),
        ("fly",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_with_a_sentence(cli, arguments):
    status, out, err = cli(*arguments, stdin="x")
    assert (status, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


def test_a_file_that_is_no_text_is_wrong_usage(cli, tmp_path):
    (tmp_path / "picture.py").write_bytes(b"\x89PNG\xff")
    status, _, err = cli("run", str(tmp_path / "picture.py"))
    assert status == 2
    assert "UTF-8" in err


@pytest.mark.parametrize("form", ["text", "dot", "svg", "html"])
def test_the_other_formats_show_the_graph(cli, form):
    status, out, _ = cli("run", "-", "--format", form, stdin="(x + y) * w")
    assert status == 0
    assert ("MulBackward0" in out) or form == "html"  # packed into bytes there, and opened by the viewer's own tests
    if form == "svg":
        ElementTree.fromstring(out)


@pytest.mark.parametrize("form", ["json", "text", "dot", "svg", "html"])
def test_every_format_can_write_a_refused_run(cli, form):
    status, out, err = cli("run", "-", "--format", form, stdin="import os")
    assert status == 3
    assert out.strip()
    assert "Traceback" not in out + err


def test_a_model_runs_with_batch_and_shape(cli):
    status, out, _ = cli("run", "--model", "simple_model", "--batch", "3")
    assert status == 0
    assert tensors(out)["x"]["shape"] == [3, 2]


def test_models_lists_the_catalogue(cli):
    status, out, _ = cli("models")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [model.name for model in catalogue()]


def test_batch_answers_every_line_in_order(cli, tmp_path):
    lines = [
        '{"id": "a", "code": "x = torch.tensor(2.0, requires_grad=True)\\nx ** 2"}',
        '{"id": 2, "code": "import os"}',
        "not json",
        '{"id": null, "code": "(x * y)", "inputs": [{"name": "x", "value": 5}, {"name": "y", "value": 7}]}',
        "",
        '{"id": "raises", "code": "1 / 0"}',
        '{"id": "surrogate", "code": "print(\'\\ud800\')"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    status, _, err = cli("batch", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"))
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert status == 0
    assert [answer["id"] for answer in answers] == ["a", 2, None, None, "raises", "surrogate"]
    assert [answer["status"] for answer in answers][:5] == ["ok", "refused", "refused", "ok", "error"]
    assert {tensor["name"]: tensor["grad"] for tensor in answers[3]["tensors"]}["x"] == 7
    assert "6 runs" in err
    assert all(answer["schema_version"] == 2 for answer in answers)


@pytest.mark.parametrize("key", ["runner.fault", "session.error.capture"])
def test_a_fault_of_ours_is_6(key):
    assert key in words.catalogue()
    assert exit_status(Run(status="stopped", sentence=Sentence(key=key))) == 6


def test_an_engine_that_cannot_start_is_6_with_a_sentence(cli, monkeypatch):
    def broken():
        raise EngineError("The process that runs code does not start.")

    monkeypatch.setattr("explorer.commands.run.shared_engine", broken)
    assert cli("run", "-", stdin="x") == (6, "", "The process that runs code does not start.\n")


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "explorer", "run", "-"],
        input="x = torch.tensor(2.0, requires_grad=True)\n1 / 0",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("line 2: ")
    assert json.loads(done.stdout)["status"] == "error"


def test_a_call_is_checked_against_finite_differences(cli):
    code = "x = torch.tensor(2.0, requires_grad=True)\ny = x ** 3\ny"
    _, out, _ = cli("run", "-", "--check", "1", "--format", "text", stdin=code)
    assert "x ** 3: backward agrees with finite differences" in out
    _, out, _ = cli("run", "-", "--check", "1", stdin=code)
    (only,) = decode_run(out.encode()).check.inputs
    assert (only.name, only.autograd) == ("x", pytest.approx(12, rel=1e-9))
