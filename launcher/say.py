"""Progress, on stderr only: stdout belongs to the command that is run."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 10.0


def line(text: str = "") -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


LOG_WIDTH = 160


class Step:
    """One line of progress: rewritten in place on a terminal, repeated every ten seconds in a log."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.live = sys.stderr.isatty()
        self.started = self.said = time.monotonic()
        self._write(f"  {title} ...")

    def tick(self, detail: str = "") -> None:
        now = time.monotonic()
        if now - self.said < (0.2 if self.live else QUIET_SECONDS):
            return
        self.said = now
        self._write(f"  {self.title} ... {now - self.started:.0f} s  {detail.strip()}")

    def finish(self, word: str) -> None:
        self._write(f"  {self.title}: {word} ({time.monotonic() - self.started:.1f} s)")
        if self.live:
            line()

    def _write(self, text: str) -> None:
        if not self.live:
            line(text[:LOG_WIDTH])
            return
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\033[K" + text[:width])
        sys.stderr.flush()


@contextmanager
def step(title: str) -> Iterator[Step]:
    progress = Step(title)
    try:
        yield progress
    except BaseException:
        progress.finish("stopped")
        raise
    progress.finish("done")
