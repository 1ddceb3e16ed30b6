"""Valkey for one run: password and private socket, never on the network."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from launcher import signals
from launcher.binaries import Server
from launcher.children import Child, Family, Spec
from launcher.errors import LauncherError
from launcher.layout import Layout, stored_secret
from launcher.pipes import pipe_with
from launcher.privileges import ServerUser

READY_SECONDS = 20


@dataclass(frozen=True)
class Queue:
    layout: Layout
    server: Server
    user: ServerUser
    sockets: Path
    durable: bool

    @property
    def data(self) -> Path:
        return self.layout.server_home / "valkey"

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def password(self) -> str:
        return stored_secret(self.layout.secrets / "valkey_password")

    def url(self) -> str:
        return f"unix://:{self.password()}@{self.socket}?db=0"


def start(queue: Queue, family: Family) -> Child:
    """Starts it and returns once it answers an authenticated PING."""
    queue.data.mkdir(exist_ok=True)
    queue.user.own(queue.data, 0o700)
    with pipe_with(_configuration(queue), reader=queue.user) as stdin:
        child = family.start(_spec(queue, stdin))
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and not child.died():
        if answers(queue.socket, password=queue.password()):
            return child
        signals.pause()
    raise LauncherError(
        "Valkey did not start.",
        todo=f"read the log below; a damaged queue may be deleted ({queue.data}): due work is rows in PostgreSQL",
        log=child.log,
    )


def _spec(queue: Queue, stdin: int) -> Spec:
    return Spec(
        name="valkey",
        command=[str(queue.server.program), "-"],
        log=queue.layout.log("valkey"),
        stop_signal=signal.SIGTERM,
        popen={"stdin": stdin} | queue.user.popen_arguments(),
    )


def _configuration(queue: Queue) -> str:
    lines = {
        "port": "0",
        "unixsocket": f'"{queue.socket}"',
        "unixsocketperm": "700",
        "requirepass": queue.password(),
        "dir": f'"{queue.data}"',
        "appendonly": "yes" if queue.durable else "no",
        "save": '""',
        "loglevel": "notice",
        # A queue that silently forgets its oldest task would be worse than one that refuses a new one.
        "maxmemory-policy": "noeviction",
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def answers(path: Path, *, password: str) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        connection.connect(str(path))
        connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        return _reply(connection).endswith(b"+PONG\r\n")
    return False


def _reply(connection: socket.socket) -> bytes:
    """Two lines: one for AUTH, one for PING."""
    reply = b""
    while reply.count(b"\r\n") < 2 and (part := connection.recv(256)):
        reply += part
    return reply
