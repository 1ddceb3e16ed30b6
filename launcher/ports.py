"""Free ports on 127.0.0.1, held open until the process that wants them starts."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
PREFERRED = {"web": 8000, "wallets": 8101, "messages": 8102, "smtp": 8103}
TRIES = 50


def hold(preferred: int) -> socket.socket:
    """A listening socket on the preferred port, or the next free one. Listening keeps a second launcher off it."""
    for port in range(preferred, min(preferred + TRIES, 65536)):
        if held := _listen(port):
            return held
    return _listen(0) or _fail()


def _listen(port: int) -> socket.socket | None:
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Without this a restart within a minute of the last one would move to another port.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HOST, port))
        held.listen(128)
    except OSError:
        held.close()
        return None
    return held


def _fail() -> socket.socket:
    raise OSError("no free port on 127.0.0.1")


def number(held: socket.socket) -> int:
    return int(held.getsockname()[1])


def remembered(path: Path) -> dict[str, int]:
    """The ports of the last run, so that links in old messages keep working; defaults where there was none."""
    known: dict[str, int] = {}
    with suppress(OSError, ValueError, AttributeError):
        stored = json.loads(path.read_text())
        known = {name: int(port) for name, port in stored.items() if name in PREFERRED and 0 < int(port) < 65536}
    return PREFERRED | known


def remember(path: Path, ports: dict[str, int]) -> None:
    path.write_text(json.dumps(ports))


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
