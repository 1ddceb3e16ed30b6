"""The platform's clock for a process with many threads and an event loop, none of which may touch the database."""

import logging
import threading
from datetime import datetime, timedelta

from django.db import Error, connection

from common import clock

logger = logging.getLogger(__name__)
REFRESH = 1.0  # seconds


class MovedClock:
    """One thread reads how far the sandbox clock was moved; everybody else adds it to the real time."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="moved-clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def now(self) -> datetime:
        return clock.real_now() + self._ahead

    def _follow(self) -> None:
        while True:
            self._read()
            if self._stopping.wait(REFRESH):
                connection.close()
                return

    def _read(self) -> None:
        try:
            self._ahead = clock.offset()
        except Error:
            # The database restarts; the last known shift is better than none.
            logger.warning("sandbox clock not readable")
            connection.close()
