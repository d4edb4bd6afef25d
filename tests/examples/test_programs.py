"""The programs that the pages only show do what the pages say that they did."""

import subprocess
import sys
from pathlib import Path

import pytest

from explorer import examples
from explorer.examples import program

FOLDER = Path(examples.__file__).parent / "programs"


@pytest.mark.skipif(sys.platform != "linux", reason="the program forks")
@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_a_program_prints_what_is_recorded(file):
    ended = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout.rstrip() == program(file.stem).output
