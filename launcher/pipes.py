"""Hands a secret to a child through a pipe: never on a command line, never in a file that another user owns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from launcher.privileges import ServerUser


@contextmanager
def pipe_with(text: str, *, reader: ServerUser) -> Iterator[int]:
    """The reading end of a pipe that holds `text` (at most a pipe's 4 kB)."""
    read_end, write_end = os.pipe()
    try:
        os.write(write_end, text.encode())
        os.close(write_end)
        if reader.drops:
            # A pipe belongs to its maker, and opening /dev/stdin anew is checked against that.
            os.fchown(read_end, reader.uid, reader.gid)
        yield read_end
    finally:
        os.close(read_end)
