"""Bad input, crashes and kills: one sentence, the last good graph stays, and the next run works."""

import os
import re
import signal
from pathlib import Path

import pytest
from browsing import until
from playwright.sync_api import expect

from tests.browser.app_page import GraphPage

BAD = {
    "nothing": ("", "no code yet"),
    "syntax": ("x = (1,\n", "bracket"),
    "indentation": ("if True:\nx = 1\n", "line 2"),
    "unknown name": ("x = torch.ones(2)\nx + unknwon_name()", "unknwon_name"),
    "shapes": ("torch.ones(2, 3) @ torch.ones(2, 3)", "2x3"),
    "no grad_fn": ("x = torch.ones(3)\ny = x * 2\n", "requires_grad"),
    "too large": ("torch.zeros(10**11)", "memory"),
    "emoji": ("🙂", "U+1F642"),
    "file": ("open('/etc/passwd').read()", "open"),
    "megabyte": ("x = 1  # " + "a" * 1_000_000, "20"),
    "traceback of ours": ("def f(n):\n    return f(n + 1)\nf(0)\n", "line 2"),
}


@pytest.fixture
def graph(page):
    graph = GraphPage(page)
    graph.expect_leaf("w", 4.0, 5.0)
    return graph


def test_each_gets_a_sentence_and_keeps_the_graph(graph):
    """One session through all of them, as a person would stumble."""
    for name, (code, said) in BAD.items():
        graph.run(code)
        expect(graph.remark, name).to_contain_text(re.compile(re.escape(said), re.IGNORECASE))
        text = graph.remark.inner_text()
        assert "Traceback" not in text, name
        assert len(text) < 600, name
        graph.expect_leaf("w", 4.0, 5.0)
        expect(graph.control("before"), name).to_contain_text("run before")
    graph.run("x * 3")
    graph.expect_leaf("x", 2.0, 3.0)
    expect(graph.remark).to_have_count(0)
    expect(graph.control("before")).to_have_count(0)


def test_nan_is_said_and_shown(graph):
    graph.run("x = torch.tensor(-1.0, requires_grad=True)\nloss = torch.sqrt(x)\n")
    graph_leaf = graph.leaf("x")
    expect(graph_leaf.nth(3)).to_have_text("nan")
    expect(graph.remark).to_contain_text(re.compile("nan", re.IGNORECASE))


def test_the_line_is_marked_where_the_code_raised(graph):
    graph.run("a = torch.ones(3, requires_grad=True)\nb = a * 2\nc = b @ torch.ones(4)\n")
    expect(graph.remark).to_contain_text("line 3")
    expect(graph.page.locator(".gutter .marked")).to_have_text("3")
    graph.click("a = torch.ones(3, requires_grad=True)\nb = a * 2", "a * 2")  # what was built until then is drawn
    expect(graph.heading).to_have_text("MulBackward0")


def test_a_loop_without_an_end_is_stopped(graph):
    graph.run("while True:\n    pass\n")
    expect(graph.page.locator(".st-key-running")).to_contain_text("Running")
    expect(graph.remark).to_contain_text("Look for a loop without an end")
    graph.expect_leaf("w", 4.0, 5.0)


def test_a_crash_costs_only_its_run(graph):
    graph.run("x = torch.ones(10)\nx.untyped_storage().resize_(0)\nx.sum()\n")
    expect(graph.remark).to_be_visible()
    graph.run("x * 5")
    graph.expect_leaf("x", 2.0, 5.0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes under /proc")
@pytest.mark.parametrize("victim", ["zygote", "child"])
def test_a_kill_in_mid_run_costs_that_run_only(graph, app, victim):
    zygote = descendants(app.process.pid)[0]
    others = set(children(zygote))  # a page that has gone may have left a run behind
    graph.run("while True:\n    pass\n")
    until(lambda: not others.issuperset(children(zygote)), 20, lambda: "no child of the zygote appeared")
    child = next(child for child in children(zygote) if child not in others)
    os.kill(zygote if victim == "zygote" else child, signal.SIGKILL)
    expect(graph.remark).to_be_visible()
    graph.expect_leaf("w", 4.0, 5.0)
    graph.run("x * 7")
    expect(graph.leaf("x").nth(3)).to_have_text("7", timeout=90_000)  # a new zygote imports torch first
    graph.expect_leaf("x", 2.0, 7.0)


def descendants(pid):
    """The zygote: the only child that the web process keeps."""
    return [child for child in children(pid) if "zygote" in Path(f"/proc/{child}/cmdline").read_text()]


def children(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
