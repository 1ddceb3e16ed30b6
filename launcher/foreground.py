"""Runs a command in the foreground: terminal, working directory and exit code are the command's own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from launcher import signals


def wait(command: list[str], *, env: dict[str, str], cwd: Path | None = None) -> int:
    process = subprocess.Popen(command, env=env, cwd=cwd)
    passed_on = False
    while True:
        try:
            code = process.wait(timeout=2 * signals.TICK)
        except subprocess.TimeoutExpired:
            if signals.asked_to_stop() and not passed_on:
                passed_on = True
                _pass_on(process)
            continue
        return code if code >= 0 else 128 - code


def _pass_on(process: subprocess.Popen[bytes]) -> None:
    """A terminal sends Ctrl-C to the child itself; a second one would cut its own cleaning up short."""
    if signals.last() == signal.SIGINT and sys.stdin.isatty():
        return
    process.send_signal(signals.last())
