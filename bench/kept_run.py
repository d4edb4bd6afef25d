"""What keeping and opening a training of a million steps costs: ``python -m bench.kept_run``. CPU seconds, and how this process grows (Linux)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.training_files import long_run
from explorer.archive import Archive
from explorer.charts.training import curves


def _memory(field: str) -> float:
    """MiB of this process: ``VmRSS`` now, ``VmHWM`` at most since it was reset."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def _told(what: str, act: Callable[[], Any]) -> Any:
    """What `act` returns; one line on what it cost."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before, clock = _memory("VmRSS"), time.process_time()
    made = act()
    seconds, peak, after = time.process_time() - clock, _memory("VmHWM") - before, _memory("VmRSS") - before
    print(f"{what}: {seconds:.2f} s, at most {peak:.0f} MiB more, {after:.0f} afterwards")
    return made


def main() -> None:
    """One line for each of keep, open, draw."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(f"sqlite:///{folder}/runs.sqlite")
        identity = _told("keep", partial(archive.save, long_run(), "me", "long"))
        kept = _told("open", lambda: archive.load(identity))
        names = kept.start.parameters
        _told("draw", lambda: curves(kept.points, kept.snapshots, names, window=(1, len(kept.points))))
        archive.close()


if __name__ == "__main__":
    main()
