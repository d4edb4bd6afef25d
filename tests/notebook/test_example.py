"""The example in docs/notebook.md runs as it stands, as a script of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_runs(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/notebook.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    script = tmp_path / "example.py"
    script.write_text(code[1], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "14 block.conv self.conv(x)" in lines
    assert "14 block torch.relu(x + self.norm(self.conv(x)))" in lines
    assert lines[-1].startswith("Run(ok, ")
    assert (tmp_path / "block.html").stat().st_size > 50_000
