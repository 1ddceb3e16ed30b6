"""Where a run keeps its data, and the only code that creates or empties that directory."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parent.parent
MARKER = ".collections-platform"


@dataclass(frozen=True)
class Layout:
    """`data` belongs to one run at a time. `server_home` holds the clusters: elsewhere only when root cannot let the
    unprivileged server user into `data` without opening somebody else's directory."""

    data: Path
    server_home: Path

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def run_file(self) -> Path:
        return self.data / "run.json"

    @property
    def ports_file(self) -> Path:
        return self.data / "ports.json"

    @property
    def facts_file(self) -> Path:
        return self.data / "facts.json"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def make_data_directory(data: Path) -> None:
    """Creates it with our marker, or recognises ours. A directory with other people's files is refused, so that
    `--reset` can never empty one."""
    _make_with_marker(data)
    for name in ("secrets", "logs"):
        (data / name).mkdir(mode=0o700, exist_ok=True)


def _make_with_marker(data: Path) -> None:
    try:
        # Root's servers run as another user, who must be able to walk through to their own folder, not to list this.
        data.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        if not (data / MARKER).exists() and any(data.iterdir()):
            raise LauncherError(
                f"{data} is not empty and was not made by this launcher.",
                todo="name an empty or a new directory: python3 run.py --data DIR",
            )
        (data / MARKER).touch()
    except OSError as error:
        raise LauncherError(
            f"cannot use {data} for data: {error.strerror}.",
            todo="name a directory you may write to: python3 run.py --data DIR",
        ) from error


def empty(layout: Layout) -> None:
    """Removes everything a run has stored, keeping the directory and its marker."""
    if not (layout.data / MARKER).exists():
        raise LauncherError(f"{layout.data} was not made by this launcher, so it is not emptied.")
    for path in layout.data.iterdir():
        # The lock is held open by this very process.
        if path.name not in (MARKER, "lock", "users.lock"):
            _remove(path)
    if layout.server_home != layout.data:
        shutil.rmtree(layout.server_home, ignore_errors=True)
    make_data_directory(layout.data)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return
    path.unlink()


def stored_secret(path: Path) -> str:
    """The secret in the file; made on first use, readable by its owner alone from its first byte."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    value = secrets.token_urlsafe(24)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value
