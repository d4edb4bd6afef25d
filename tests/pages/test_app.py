"""The app as a process: its options take effect, it stays light, and it does not serve strangers without the wall."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def test_the_web_process_has_no_torch():
    done = python(
        "import sys, app, pages._source, pages._inputs, pages._said, explorer.app.drawing, explorer.charts, explorer.__main__;"
        "print([name for name in sys.modules if name == 'torch' or name.startswith(('explorer.worker', 'explorer.capture'))])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_options_that_keep_it_fast_take_effect():
    done = python(
        "from streamlit import config; import app;"
        "print(config.get_option('runner.postScriptGC'), config.get_option('server.fileWatcherType'),"
        " config.get_option('client.showErrorDetails'))"
    )
    assert done.stdout.split() == ["False", "none", "none"], done.stderr


@pytest.mark.parametrize("setting", ["hosting", "HOSTED "])
def test_a_bad_setting_ends_it_with_a_sentence(setting):
    done = python("import app", EXPLORER_MODE=setting)
    assert done.returncode == 1
    assert "EXPLORER_MODE" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_strangers_without_the_full_wall():
    code = """
import sys
from explorer.runner import Engine, EngineError, Settings
import explorer.runner as runner
class Host:
    def hello(self):
        raise EngineError("The wall does not hold here.")
runner.shared_engine = lambda: Engine(Settings(mode=sys.argv[1]), Host(), Host())
import app
"""
    for mode, status in (("local", 0), ("hosted", 1)):
        done = subprocess.run([sys.executable, "-c", code, mode], capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == status, done.stderr
        assert ("The wall does not hold here." in done.stderr) == (mode == "hosted")
        assert "Traceback" not in done.stderr
