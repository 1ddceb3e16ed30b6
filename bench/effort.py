"""What a piece of work takes: seconds on the clock, and seconds of processor of this process and of its database's.

The clock also counts the disk that a commit waits for and whatever else the machine does; the processor does not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Effort:
    wall: float = 0.0
    cpu: float = 0.0

    def spend(self, work: Callable[[], object]) -> None:
        server = _server_process()
        wall, cpu = time.perf_counter(), time.process_time() + _seconds_of(server)
        work()
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() + _seconds_of(server) - cpu


def _server_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def _seconds_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
