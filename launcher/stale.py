"""What a killed run left behind: orphans that are provably ours are stopped, pid and socket files removed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from launcher import identity, runfile, say, signals
from launcher.errors import LauncherError
from launcher.identity import Identity
from launcher.layout import Layout

PREFIX = "collect-"
# The order of a normal stop: what uses the servers first, the servers last.
SERVERS = ("valkey", "postgres")


def clean(layout: Layout) -> None:
    """Call with the data directory's lock held: whoever wrote these files is then gone."""
    if run := runfile.read(layout.run_file):
        _stop_all(run.processes)
        _remove_sockets(run.sockets)
    layout.run_file.unlink(missing_ok=True)
    _clean_postmaster(layout.server_home / "postgres")


def sweep_throwaways(folder: Path | None = None) -> None:
    """Removes the throw-away directories of killed test runs; those of living ones are left alone."""
    for base in (folder or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        if not _is_ours(base):
            continue
        run = runfile.read(base / "run.json")
        if run and not run.alive():
            clean(Layout(data=base, server_home=base))
            shutil.rmtree(base, ignore_errors=True)


def _is_ours(base: Path) -> bool:
    """Anyone may make a directory of this name in a shared temp folder."""
    with suppress(OSError):
        return base.lstat().st_uid == os.geteuid() and base.is_dir() and not base.is_symlink()
    return False


def _stop_all(processes: dict[str, Identity]) -> None:
    left = [name for name, who in processes.items() if who.alive()]
    if left:
        say.line(f"  A killed run left processes behind; stopping them: {', '.join(left)}")
    for name in sorted(left, key=lambda name: SERVERS.index(name) if name in SERVERS else -1):
        stop_orphan(processes[name], number=signal.SIGINT if name == "postgres" else signal.SIGTERM)


def stop_orphan(who: Identity, *, number: signal.Signals, grace: float = 10) -> None:
    """Not our child, so its end is seen by looking, not by waiting for it."""
    for attempt in (number, signal.SIGQUIT, signal.SIGKILL):
        if not who.alive():
            return
        _signal(who.pid, attempt)
        if signals.wait_until(lambda: not who.alive(), seconds=grace):
            return
    raise LauncherError(f"process {who.pid} of a killed run does not end.", todo=f"kill -9 {who.pid}, then try again")


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise LauncherError(
            f"process {pid} of a killed run belongs to another user.", todo=f"as that user: kill {pid}, then try again"
        ) from None


def _remove_sockets(folder: str) -> None:
    path = Path(folder)
    if folder and path.name.startswith(PREFIX) and path.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(path, ignore_errors=True)


def _clean_postmaster(data: Path) -> None:
    """A postmaster of this very cluster is stopped. A pid that now belongs to something else, as after a restart of
    the machine, would make PostgreSQL refuse to start: then the file goes."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if str(data) in identity.command(pid):
        say.line("  A killed run left PostgreSQL behind; stopping it")
        stop_orphan(identity.of(pid), number=signal.SIGINT)
    pid_file.unlink(missing_ok=True)
