"""`run.json`: what is running, so that `manage` can join it and the next start can clean up after a kill -9."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from launcher import identity
from launcher.identity import Identity


@dataclass
class Run:
    """`kind` is up, manage, test or bench. `env` appears once the servers answer."""

    kind: str
    launcher: Identity = field(default_factory=lambda: identity.of(os.getpid()))
    sockets: str = ""
    url: str = ""
    env: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Identity] = field(default_factory=dict)

    def alive(self) -> bool:
        return self.launcher.alive()


def write(path: Path, run: Run) -> None:
    """Replaces the file in one step; it names passwords, so only its owner may read it."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(run), file, indent=1)
    partial.replace(path)


def read(path: Path) -> Run | None:
    """None where there is no file, or one that a crash left half-written."""
    try:
        return _parse(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _parse(stored: dict[str, Any]) -> Run:
    return Run(
        kind=str(stored["kind"]),
        launcher=Identity(**stored["launcher"]),
        sockets=str(stored["sockets"]),
        url=str(stored["url"]),
        env={str(name): str(value) for name, value in stored["env"].items()},
        processes={name: Identity(**who) for name, who in stored["processes"].items()},
    )
