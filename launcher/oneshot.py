"""Steps that run once and end: output to a log, progress on the terminal, a clear error when they fail."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from launcher import children, signals
from launcher.errors import LauncherError, last_lines
from launcher.say import Step


def run(
    command: Sequence[str | Path], *, log: Path, failure: LauncherError, progress: Step | None = None, **popen: Any
) -> None:
    """Runs to the end, raising `failure` with the log's tail unless it exits 0."""
    with beside(command, log=log, failure=failure, **popen) as finish:
        finish(progress)


@contextmanager
def beside(
    command: Sequence[str | Path], *, log: Path, failure: LauncherError, **popen: Any
) -> Iterator[Callable[[Step | None], None]]:
    """Begins, for other work to be done meanwhile; what is yielded waits for its end, and raises as `run` does.
    Left early, it is stopped."""
    with log.open("wb") as output:
        process: subprocess.Popen[Any] = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **({"stdin": subprocess.DEVNULL} | popen),
        )

    def finish(progress: Step | None) -> None:
        _wait(process, log=log, progress=progress)
        if process.returncode != 0:
            failure.log = log
            raise failure

    try:
        yield finish
    finally:
        if process.poll() is None:
            children.end(process, grace=10)


def _wait(process: subprocess.Popen[Any], *, log: Path, progress: Step | None) -> None:
    while process.poll() is None:
        signals.check()
        if progress:
            progress.tick(" ".join(last_lines(log, 1)))
        time.sleep(signals.TICK)
