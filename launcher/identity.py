"""Is this process still the one we started? A pid alone is not proof: pids are reused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LINUX = sys.platform.startswith("linux")


@dataclass(frozen=True)
class Identity:
    pid: int
    started: str

    def alive(self) -> bool:
        return bool(self.started) and started(self.pid) == self.started


def of(pid: int) -> Identity:
    return Identity(pid=pid, started=started(pid))


def started(pid: int) -> str:
    """A token that no other process of this machine shares; empty when there is no such process, or only its zombie."""
    if not LINUX:
        return _ps(pid, "lstart")
    try:
        stat = (PROC / str(pid) / "stat").read_text()
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    # The command in parentheses may hold spaces; state is the first field after it, start time the twentieth.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"


def command(pid: int) -> str:
    """The command line, for checking that a pid file speaks of our own server."""
    if not LINUX:
        return _ps(pid, "command")
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ps(pid: int, column: str) -> str:
    found = subprocess.run(["ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
