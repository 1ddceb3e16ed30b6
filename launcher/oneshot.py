"""Steps that run once and end: output to a log, progress on the terminal, a clear error when they fail."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from launcher import children, signals
from launcher.errors import LauncherError, Stopped, last_lines
from launcher.say import Step


def run(
    command: Sequence[str | Path], *, log: Path, failure: LauncherError, progress: Step | None = None, **popen: Any
) -> None:
    """Runs to the end, raising `failure` with the log's tail unless it exits 0."""
    with log.open("wb") as output:
        process: subprocess.Popen[Any] = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **({"stdin": subprocess.DEVNULL} | popen),
        )
    _wait(process, log=log, progress=progress)
    if process.returncode != 0:
        failure.log = log
        raise failure


def _wait(process: subprocess.Popen[Any], *, log: Path, progress: Step | None) -> None:
    try:
        while process.poll() is None:
            signals.check()
            if progress:
                progress.tick(" ".join(last_lines(log, 1)))
            time.sleep(signals.TICK)
    except Stopped:
        children.end(process, grace=10)
        raise
