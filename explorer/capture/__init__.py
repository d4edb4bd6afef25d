"""The only reader of torch's graph. One technique a file; each says what it sees and what it cannot."""

from explorer.capture.recorder import Recorder
from explorer.capture.recording import Recording
from explorer.capture.variables import Named

__all__ = ["Named", "Recorder", "Recording"]
