"""Servers of a test's own, from the launcher: they can be killed, emptied, starved of space, and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, connection, connections

from launcher import binaries, postgres, privileges, valkey
from launcher.children import Child, Family
from launcher.layout import Layout, make_data_directory
from launcher.throwaway import RIGHTS
from tests.faults.workers import PATIENCE_SECONDS

DISK_MEGABYTES = 320
# Kept between crashes is what recovery needs, and no more: the disk is small.
SMALL_LOG = "wal_recycle = off\nmin_wal_size = 32MB\n"


@contextmanager
def own_folder() -> Iterator[Path]:
    """Unlike pytest's own, it can be walked through by the user that root's servers run as."""
    made = Path(tempfile.mkdtemp(prefix="faults-test-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _place(folder: Path) -> tuple[Layout, Path]:
    make_data_directory(folder / "data")
    sockets = folder / "s"
    sockets.mkdir()
    privileges.server_user().own(sockets, 0o700)
    return Layout(data=folder / "data", server_home=folder / "data"), sockets


def _kill(child: Child, family: Family, number: signal.Signals) -> None:
    child.process.send_signal(number)
    child.process.wait(PATIENCE_SECONDS)
    family.children.remove(child)


@dataclass
class OwnValkey:
    queue: valkey.Queue
    family: Family = field(default_factory=Family)

    @property
    def url(self) -> str:
        return self.queue.url()

    def start(self) -> None:
        valkey.start(self.queue, self.family)

    def kill_and_empty(self) -> None:
        _kill(self.family.children[0], self.family, signal.SIGKILL)
        self.queue.socket.unlink(missing_ok=True)
        shutil.rmtree(self.queue.data)


@contextmanager
def own_valkey() -> Iterator[OwnValkey]:
    user = privileges.server_user()
    with own_folder() as folder:
        layout, sockets = _place(folder)
        server = binaries.find_valkey(user, home=layout.server_home)
        own = OwnValkey(valkey.Queue(layout=layout, server=server, user=user, sockets=sockets, durable=True))
        own.start()
        try:
            yield own
        finally:
            own.family.stop()


@dataclass
class OwnPostgres:
    cluster: postgres.Cluster
    disk: Path
    family: Family = field(default_factory=Family)
    disk_is_small: bool = False

    def start(self) -> None:
        postgres.start(self.cluster, self.family)
        connections.close_all()

    def crash(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, no farewell; the next start recovers."""
        _kill(self.family.children[0], self.family, number)

    @property
    def died(self) -> bool:
        return not self.family.children or self.family.children[0].died()

    def start_again(self) -> None:
        """Whatever became of it: it may also be recovering by itself from the death of one of its processes."""
        if self.died:
            self.family.children.clear()
            self.start()
        connections.close_all()
        ends = time.monotonic() + PATIENCE_SECONDS
        while not _answers():
            assert time.monotonic() < ends, "PostgreSQL never came back"
            time.sleep(0.1)

    def fill_the_disk(self) -> None:
        """Up to the last block. Where we may not mount a small disk, the system takes no more bytes from the server:
        to it that is the same, and it happens to nobody else.
        """
        if not self.disk_is_small:
            self._may_write("0")
            return
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
        with (self.disk / "filler").open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while file.write(b"x" * size):
                        continue

    def free_the_disk(self) -> None:
        (self.disk / "filler").unlink(missing_ok=True)
        if not self.disk_is_small and not self.died:
            self._may_write("unlimited")

    def _may_write(self, most: str) -> None:
        """So many bytes into any file, for all of the server's processes. Only the soft limit moves, and it is set by
        a process of their own user: even root may be forbidden to set limits to others.
        """
        for process in self._processes():
            limit = ["prlimit", "--pid", str(process), f"--fsize={most}:"]
            subprocess.run(limit, check=False, capture_output=True, cwd="/", **self.cluster.user.popen_arguments())

    def _processes(self) -> list[int]:
        first = self.family.children[0].process.pid
        lines = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): int(parent) for pid, parent in (line.split() for line in lines.splitlines())}
        return [first, *(pid for pid, parent in parents.items() if parent == first)]


def _answers() -> bool:
    with suppress(DatabaseError):
        connection.ensure_connection()
        return True
    return False


def can_starve(own: OwnPostgres) -> bool:
    """By a small disk of its own, or by the limit that Linux sets a process."""
    return own.disk_is_small or shutil.which("prlimit") is not None


def can_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own where we may mount one; else an ordinary folder (`disk.is_mount()` tells)."""
    disk = folder / "disk"
    disk.mkdir(mode=0o711)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=711", "tmpfs", str(disk)]
    mounted = can_mount() and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield disk
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(disk)], check=True)


@contextmanager
def own_postgres(*, small: bool = False) -> Iterator[OwnPostgres]:
    """A cluster that keeps what it has said it has kept; `small`: on a disk that can be filled, where we may mount one.

    Raises `LauncherError` where there is no PostgreSQL to start.
    """
    user = privileges.server_user()
    with own_folder() as folder, small_disk(folder) if small else nullcontext(folder) as disk:
        layout, sockets = _place(folder)
        layout = Layout(data=layout.data, server_home=disk)
        server = binaries.find_postgres(user, home=folder)
        cluster = postgres.Cluster(
            layout=layout,
            server=server,
            user=user,
            sockets=sockets,
            durable=True,
            rights=RIGHTS["test"] + RIGHTS["bench"],
        )
        postgres.create(cluster)
        with (cluster.data / "postgresql.conf").open("a") as settings:
            settings.write(SMALL_LOG)
        own = OwnPostgres(cluster, disk, disk_is_small=disk.is_mount())
        own.start()
        try:
            yield own
        finally:
            own.family.stop()


@contextmanager
def copied_into(own: OwnPostgres) -> Iterator[None]:
    """The default connection leads to `own`, with the tables of the test database; afterwards back again."""
    here = connection.settings_dict
    before = {name: here[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    there = {"HOST": str(own.cluster.sockets), "PORT": "", "USER": postgres.ROLE, "NAME": postgres.ROLE}
    there["PASSWORD"] = own.cluster.password()
    _copy(own, before, there)
    connections.close_all()
    here.update(there)
    try:
        yield
    finally:
        connections.close_all()
        here.update(before)


def _copy(own: OwnPostgres, source: dict[str, str], target: dict[str, str]) -> None:
    beside = own.cluster.server.beside
    tables = [str(beside("pg_dump")), "--no-owner", "--no-privileges", *_who(source)]
    dumped = subprocess.run(tables, env=_password(source), capture_output=True, check=True)
    load = [str(beside("psql")), "--quiet", "--set", "ON_ERROR_STOP=1", *_who(target)]
    subprocess.run(load, env=_password(target), input=dumped.stdout, capture_output=True, check=True)


def _who(where: dict[str, str]) -> list[str]:
    port = ["--port", str(where["PORT"])] if where["PORT"] else []
    return ["--host", where["HOST"], *port, "--username", where["USER"], "--dbname", where["NAME"]]


def _password(where: dict[str, str]) -> dict[str, str]:
    return os.environ | {"PGPASSWORD": where["PASSWORD"]}
