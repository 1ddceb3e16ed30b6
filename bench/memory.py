"""How much memory a job takes while it runs: this process and the processes it starts."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SECONDS_BETWEEN = 0.2


def _resident_mb(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE // 2**20
    except OSError:
        return 0


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


class Peak(threading.Thread):
    """Looks five times a second between `with` and the end of its block; `notes` are for the result."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._done = threading.Event()
        self._before = self._own = self._worker = 0

    def run(self) -> None:
        while not self._done.wait(_SECONDS_BETWEEN):
            self._own = max(self._own, _resident_mb(os.getpid()))
            self._worker = max([self._worker, *map(_resident_mb, _children())])

    def __enter__(self) -> Peak:
        self._before = self._own = _resident_mb(os.getpid())
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self.join()

    @property
    def notes(self) -> dict[str, int]:
        return {"rss_before_mb": self._before, "rss_peak_mb": self._own, "largest_worker_rss_mb": self._worker}
