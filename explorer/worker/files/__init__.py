"""Files of tensors, in the jailed child: bytes in, tensors out, and back. No format here runs anything that a file says, and none opens a path."""

from explorer.worker.files.contents import BadFileError, Contents
from explorer.worker.files.formats import read as read_file
from explorer.worker.files.formats import recognise
from explorer.worker.files.formats import write as write_file
from explorer.worker.files.task import handle

__all__ = ["BadFileError", "Contents", "handle", "read_file", "recognise", "write_file"]
