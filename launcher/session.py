"""The servers of one run: found, started, announced in run.json, and stopped again whatever happens."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from launcher import binaries, postgres, privileges, runfile, say, stale, valkey
from launcher.children import Child, Family, Spec
from launcher.layout import Layout, make_data_directory
from launcher.privileges import FALLBACK_HOME, ServerUser
from launcher.runfile import Run

GIVEN = ("DATABASE_URL", "REDIS_URL")


@dataclass
class Session:
    layout: Layout
    user: ServerUser
    run: Run
    sockets: Path
    durable: bool
    rights: tuple[str, ...] = ()
    family: Family = field(default_factory=Family)
    urls: dict[str, str] = field(default_factory=dict)

    def record(self) -> None:
        self.run.processes = {child.name: child.who for child in self.family.children}
        runfile.write(self.layout.run_file, self.run)

    def start(self, spec: Spec) -> Child:
        child = self.family.start(spec)
        self.record()
        return child


def place(data: Path, *, fallback: Path = FALLBACK_HOME) -> tuple[Layout, ServerUser]:
    """The data directory, made if need be, and the user its servers run as."""
    make_data_directory(data)
    if all(os.environ.get(name) for name in GIVEN):
        return Layout(data=data, server_home=data), privileges.ourselves()
    user = privileges.server_user()
    return Layout(data=data, server_home=privileges.server_home(data, user=user, fallback=fallback)), user


@contextmanager
def opened(
    layout: Layout, user: ServerUser, *, kind: str, durable: bool = True, rights: tuple[str, ...] = ()
) -> Iterator[Session]:
    """Starts what DATABASE_URL and REDIS_URL do not already name. Call with the data directory's lock held.

    `rights`: what a new cluster grants the application's role beyond owning its database.
    """
    stale.clean(layout)
    sockets = _socket_folder(layout, user, kind)
    run = Run(kind=kind, sockets=str(sockets))
    session = Session(layout=layout, user=user, run=run, sockets=sockets, durable=durable, rights=rights)
    session.record()
    try:
        _start_servers(session)
        yield session
    finally:
        _close(session)


def _socket_folder(layout: Layout, user: ServerUser, kind: str) -> Path:
    """Short, because a socket's path may have 104 bytes on some systems, and open to the server user alone."""
    if kind in ("test", "bench"):
        folder = layout.data / "sockets"
        folder.mkdir()
    else:
        folder = Path(tempfile.mkdtemp(prefix=stale.PREFIX))
    user.own(folder, 0o700)
    return folder


def _start_servers(session: Session) -> None:
    session.urls = {name: os.environ[name] for name in GIVEN if os.environ.get(name)}
    if "DATABASE_URL" not in session.urls:
        session.urls["DATABASE_URL"] = _start_postgres(session)
    if "REDIS_URL" not in session.urls:
        session.urls["REDIS_URL"] = _start_valkey(session)


def _start_postgres(session: Session) -> str:
    with say.step("Starting PostgreSQL"):
        cluster = postgres.Cluster(
            layout=session.layout,
            server=binaries.find_postgres(session.user, home=session.layout.server_home),
            user=session.user,
            sockets=session.sockets,
            durable=session.durable,
            rights=session.rights,
        )
        postgres.start(cluster, session.family)
        session.record()
    return cluster.url()


def _start_valkey(session: Session) -> str:
    with say.step("Starting Valkey"):
        queue = valkey.Queue(
            layout=session.layout,
            server=binaries.find_valkey(session.user, home=session.layout.server_home),
            user=session.user,
            sockets=session.sockets,
            durable=session.durable,
        )
        valkey.start(queue, session.family)
        session.record()
    return queue.url()


def _close(session: Session) -> None:
    if session.family.children:
        say.line(f"  Stopping {', '.join(child.name for child in reversed(session.family.children))}")
    session.family.stop()
    shutil.rmtree(session.sockets, ignore_errors=True)
    session.layout.run_file.unlink(missing_ok=True)
