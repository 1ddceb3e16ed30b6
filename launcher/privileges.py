"""Which user the servers run as. PostgreSQL refuses root, so root's servers become `nobody`."""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.errors import LauncherError

UNPRIVILEGED = "nobody"
FALLBACK_HOME = Path("/var/lib/collections-platform")


@dataclass(frozen=True)
class ServerUser:
    """The user servers run as; `drops` is false when that is already us."""

    uid: int
    gid: int
    drops: bool

    def popen_arguments(self) -> dict[str, Any]:
        if not self.drops:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, directory: Path) -> bool:
        """Asked of the kernel by trying, so that access lists and mount options count too."""
        probe = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)]
        return (
            subprocess.run(probe, capture_output=True, check=False, cwd="/", **self.popen_arguments()).returncode == 0
        )

    def own(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        if self.drops:
            os.chown(path, self.uid, self.gid)


def ourselves() -> ServerUser:
    return ServerUser(uid=os.geteuid(), gid=os.getegid(), drops=False)


def server_user() -> ServerUser:
    if os.geteuid() != 0:
        return ourselves()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise LauncherError(
            "PostgreSQL does not run as root, and this machine has no user `nobody` to run it as.",
            todo="run as an ordinary user, or set DATABASE_URL and REDIS_URL",
        ) from None
    return ServerUser(uid=entry.pw_uid, gid=entry.pw_gid, drops=True)


def server_home(data: Path, *, user: ServerUser, fallback: Path = FALLBACK_HOME) -> Path:
    """`data` itself, unless the server user cannot get there: then a folder of our own outside, one per data
    directory. The mode of a directory that is not ours is never changed."""
    _check_owner(data / "postgres", user)
    if not user.drops or user.can_enter(data):
        return data
    home = fallback / hashlib.sha256(str(data).encode()).hexdigest()[:12]
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o711)
    except OSError as error:
        raise _unreachable(data) from error
    if not user.can_enter(home):
        raise _unreachable(data)
    return home


def _check_owner(cluster: Path, user: ServerUser) -> None:
    if cluster.exists() and cluster.stat().st_uid != user.uid:
        raise LauncherError(
            f"{cluster.parent} was made by another user, and PostgreSQL accepts only its owner.",
            todo="run as the user who made it, or beside it: python3 run.py --data DIR",
        )


def _unreachable(data: Path) -> LauncherError:
    return LauncherError(
        f"as root the servers run as `{UNPRIVILEGED}`, who cannot reach {data} through its closed parent directories.",
        todo="name a directory that every user can walk to, e.g. python3 run.py --data /srv/collections",
    )
