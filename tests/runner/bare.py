"""How bare workers are started: typed code is plain Python without gate, so that only the kernel's walls are met."""

import sys
from pathlib import Path

from explorer.runner import Settings

WORKER = Path(__file__).parent / "bare_worker.py"
ZYGOTE = (sys.executable, str(WORKER), "zygote")
ONESHOT = (sys.executable, str(WORKER), "oneshot")
SETTINGS = Settings(seconds=2, training_seconds=3, memory_mib=512, answer_mib=1, slots=4, queue=64)
