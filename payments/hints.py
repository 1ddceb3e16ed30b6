"""Telling the workers that notices have come: after the wallet has its answer, and once for all that came together.

A hint costs more than keeping the notice, and a broker that is down costs seconds. So a thread gives them, one message
for those of a moment. What a killed process never told is found in the database by the next beat.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

MOMENT = 0.02
MOST_IN_ONE = 5


class Hints:
    """`publish` gets the ids of a moment, at most `MOST_IN_ONE` at a time, on a thread of its own."""

    def __init__(self, publish: Callable[[Sequence[int]], None]) -> None:
        self._publish = publish
        self._lock = threading.Lock()
        self._waiting: list[int] = []
        self._thread: threading.Thread | None = None

    def add(self, event_id: int) -> None:
        with self._lock:
            self._waiting.append(event_id)
            # Looked at each time: a process that was forked has none, whatever its parent had.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._tell, name="notice-hints", daemon=True)
                self._thread.start()

    def _tell(self) -> None:
        while ids := self._taken():
            for start in range(0, len(ids), MOST_IN_ONE):
                self._publish(ids[start : start + MOST_IN_ONE])

    def _taken(self) -> list[int]:
        """What came within a moment; when that is nothing, the thread ends under the lock that `add` looks behind."""
        time.sleep(MOMENT)
        with self._lock:
            taken, self._waiting = self._waiting, []
            if not taken:
                self._thread = None
            return taken
