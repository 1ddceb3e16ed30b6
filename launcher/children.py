"""Long-running children: each in its own session with its own log, stopped in order and within a bound."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launcher import identity, signals
from launcher.errors import LauncherError
from launcher.identity import Identity

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 5_000_000
_libc = ctypes.CDLL(None, use_errno=True) if identity.LINUX else None


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[Any]
    who: Identity
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    together: str = ""

    def died(self) -> bool:
        return self.process.poll() is not None


@dataclass(frozen=True)
class Spec:
    """What to run and how it likes to be stopped: `grace` seconds after `stop_signal` the whole group is killed.
    `orphan_signal` is what the kernel sends it should the launcher itself be killed. Neighbours that name the same
    `together` are asked to stop at the same time."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] | None = None
    cwd: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    together: str = ""
    popen: dict[str, Any] = field(default_factory=dict)


def start(spec: Spec) -> Child:
    _roll(spec.log)
    with spec.log.open("ab") as log:
        process: subprocess.Popen[Any] = subprocess.Popen(
            spec.command,
            env=spec.env,
            cwd=spec.cwd,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(spec.orphan_signal),
            **({"stdin": subprocess.DEVNULL} | spec.popen),
        )
    return Child(
        name=spec.name,
        process=process,
        who=identity.of(process.pid),
        log=spec.log,
        stop_signal=spec.stop_signal,
        grace=spec.grace,
        together=spec.together,
    )


def _roll(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))


def _die_with_parent(number: signal.Signals) -> Any:
    """Linux tells a child when its parent is gone, so that even kill -9 of the launcher leaves no orphans."""
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


class Family:
    """Every child that is running, in the order in which they were started."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def start(self, spec: Spec) -> Child:
        signals.check()
        child = start(spec)
        self.children.append(child)
        return child

    def check(self) -> None:
        """Nothing is restarted silently: a child that ended by itself ends the run."""
        for child in self.children:
            if child.died():
                raise LauncherError(
                    f"{child.name} ended by itself (exit code {child.process.returncode}).",
                    todo="read the log below; the data is kept, so `python3 run.py` may simply be run again",
                    log=child.log,
                )

    def stop(self) -> None:
        while self.children:
            first = self._where_the_last_ones_begin()
            stop(self.children[first:])
            del self.children[first:]

    def _where_the_last_ones_begin(self) -> int:
        first = len(self.children) - 1
        while (
            first and self.children[first].together and self.children[first - 1].together == self.children[-1].together
        ):
            first -= 1
        return first


def stop(leaving: Sequence[Child]) -> None:
    """All are asked first, so that they end beside each other; then each is waited for, the last one first."""
    for child in reversed(leaving):
        child.process.send_signal(child.stop_signal)
    for child in reversed(leaving):
        _see_out(child.process, grace=child.grace)


def end(process: subprocess.Popen[Any], *, grace: float) -> None:
    """Asks, waits up to `grace` seconds, then kills the whole session the process leads."""
    process.send_signal(signal.SIGTERM)
    _see_out(process, grace=grace)


def _see_out(process: subprocess.Popen[Any], *, grace: float) -> None:
    signals.wait_until(lambda: process.poll() is not None or signals.impatient(), seconds=grace)
    # Also when the leader has gone: what it left behind in its session goes too.
    kill_group(process.pid)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
