"""What the launcher says when a step fails: what happened, what to do, and the end of the log."""

from __future__ import annotations

from pathlib import Path

TAIL_LINES = 15


class LauncherError(Exception):
    """A step that failed, with the next thing to do."""

    def __init__(self, message: str, *, todo: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.message, self.todo, self.log = message, todo, log

    def __str__(self) -> str:
        parts = [self.message]
        if self.todo:
            parts.append(f"  What to do: {self.todo}")
        if self.log and (tail := last_lines(self.log, TAIL_LINES)):
            parts.append(f"  The end of {self.log}:")
            parts.extend(f"    | {line}" for line in tail)
        return "\n".join(parts)


class Stopped(Exception):
    """Ctrl-C, SIGTERM or SIGHUP arrived."""


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` non-empty lines of a log; nothing if there is no such file."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_384))
            text = log.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]
