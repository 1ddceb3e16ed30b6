"""PostgreSQL for one run: a scram-only cluster on a private socket, never on the network."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from launcher import binaries, oneshot, signals
from launcher.binaries import Server
from launcher.children import Child, Family, Spec
from launcher.errors import LauncherError, last_lines
from launcher.layout import Layout, stored_secret
from launcher.pipes import pipe_with
from launcher.privileges import ServerUser

ROLE = "collections"
READY_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "max_wal_size": "4GB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}
# Only for clusters that are thrown away: a power cut would lose them.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def shared_buffers() -> str:
    """A tenth of the machine's memory, within bounds: the indexes of a million accounts do not fit in 256 MB."""
    megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20 // 10
    return f"{min(2048, max(128, megabytes))}MB"


@dataclass(frozen=True)
class Cluster:
    layout: Layout
    server: Server
    user: ServerUser
    sockets: Path
    durable: bool
    rights: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        return self.layout.server_home / "postgres"

    @property
    def password_file(self) -> Path:
        return self.layout.secrets / "postgres_password"

    def password(self) -> str:
        return stored_secret(self.password_file)

    def url(self) -> str:
        return f"postgres://{ROLE}:{self.password()}@{quote(str(self.sockets), safe='')}/{ROLE}"


def start(cluster: Cluster, family: Family) -> Child:
    """Starts it, creating the cluster first where there is none, and returns once it takes connections."""
    if not cluster.data.exists():
        create(cluster)
    elif not cluster.password_file.exists():
        _single_user(cluster, cluster.data, f"ALTER ROLE {ROLE} PASSWORD '{cluster.password()}'")
    _check_version(cluster)
    child = family.start(_spec(cluster))
    # The backends of a postmaster that was killed hold its shared memory for a moment longer.
    for _attempt in range(5):
        if _becomes_ready(cluster, child):
            return child
        if "shared memory" not in " ".join(last_lines(child.log, 6)):
            break
        family.children.remove(child)
        signals.pause(1)
        child = family.start(_spec(cluster))
    raise LauncherError(
        "PostgreSQL did not start.",
        todo="read the log below; `python3 run.py --reset` starts again with an empty database",
        log=child.log,
    )


def _spec(cluster: Cluster) -> Spec:
    ours = {"shared_buffers": shared_buffers(), "unix_socket_directories": str(cluster.sockets)}
    settings = SETTINGS | ours | ({} if cluster.durable else CARELESS)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Spec(
        name="postgres",
        command=[str(cluster.server.program), "-D", str(cluster.data), *options],
        log=cluster.layout.log("postgres"),
        # Fast shutdown: sessions are cut off, nothing committed is lost.
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        grace=30,
        popen=cluster.user.popen_arguments(),
    )


def _becomes_ready(cluster: Cluster, child: Child) -> bool:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and not child.died():
        if _status(cluster.data, pid=child.who.pid) == "ready":
            return True
        signals.pause()
    return False


def _status(data: Path, *, pid: int) -> str:
    """The eighth line of postmaster.pid, which the postmaster keeps up to date about itself."""
    with suppress(OSError, IndexError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return lines[7].strip() if lines[0] == str(pid) else ""
    return ""


def _check_version(cluster: Cluster) -> None:
    made_by = int((cluster.data / "PG_VERSION").read_text().split(".")[0])
    found = binaries.postgres_major(cluster.server)
    if made_by != found:
        raise LauncherError(
            f"the data in {cluster.data} was made by PostgreSQL {made_by}, and {cluster.server.program} is {found}.",
            todo=f"install PostgreSQL {made_by}, or start again with an empty database: python3 run.py --reset",
        )


def create(cluster: Cluster) -> None:
    """A new cluster under a temporary name, renamed when complete, so that a kill half-way leaves nothing to trust."""
    partial = cluster.data.with_name("postgres.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    cluster.user.own(partial, 0o700)
    _initdb(cluster, partial)
    _create_role(cluster, partial)
    partial.rename(cluster.data)


def _initdb(cluster: Cluster, folder: Path) -> None:
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = builtin if binaries.postgres_major(cluster.server) >= 17 else ["--locale=C"]
    options = ["-U", "postgres", "-A", "scram-sha-256", "--pwfile=/dev/stdin", "-E", "UTF8", "--no-instructions"]
    superuser = stored_secret(cluster.layout.secrets / "postgres_superuser_password")
    _with_input(
        cluster,
        [str(cluster.server.beside("initdb")), "-D", str(folder), *options, *locale],
        text=superuser + "\n",
        doing="creating the PostgreSQL cluster",
    )


def _create_role(cluster: Cluster, folder: Path) -> None:
    """An ordinary owner for the application: as a superuser it would walk past its own constraints."""
    role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{cluster.password()}'"
    statements = [role, f"CREATE DATABASE {ROLE} OWNER {ROLE}"]
    rights = [f"GRANT {right} TO {ROLE}" for right in cluster.rights]
    _single_user(cluster, folder, *statements, *rights)


def _single_user(cluster: Cluster, folder: Path, *statements: str) -> None:
    """Without a server, so also without a client program or a password that works."""
    _with_input(
        cluster,
        [str(cluster.server.program), "--single", "-j", "-D", str(folder), "postgres"],
        text="".join(f"{statement};\n\n" for statement in statements),
        doing="setting up the database",
    )


def _with_input(cluster: Cluster, command: list[str], *, text: str, doing: str) -> None:
    """Secrets go in through a pipe: never on a command line, never in a file that another user owns."""
    log = cluster.layout.log("initdb")
    failure = LauncherError(f"{doing} failed.", todo="free some disk space or name another place with --data DIR")
    with pipe_with(text, reader=cluster.user) as stdin:
        oneshot.run(command, log=log, failure=failure, stdin=stdin, cwd="/", **cluster.user.popen_arguments())
