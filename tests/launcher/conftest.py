"""Real servers in a directory of their own; nothing here touches Django or its database."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from launcher import binaries, privileges, session
from launcher.errors import LauncherError
from launcher.session import Session

Opener = Callable[..., AbstractContextManager[Session]]


@pytest.fixture(autouse=True)
def no_servers_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in session.GIVEN:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Unlike pytest's own, it can be walked through by the user that root's servers run as."""
    made = Path(tempfile.mkdtemp(prefix="launcher-test-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def open_session(folder: Path) -> Opener:
    """Opens servers in a data directory; skips, saying why, where no server can be had."""
    user = privileges.server_user()
    try:
        binaries.find_postgres(user, home=folder)
        binaries.find_valkey(user, home=folder)
    except LauncherError as error:
        pytest.skip(f"needs the embedded servers: {error.message}")
    return partial(_open, fallback=folder / "fallback")


def _open(data: Path, *, fallback: Path, durable: bool = False) -> AbstractContextManager[Session]:
    layout, user = session.place(data, fallback=fallback)
    return session.opened(layout, user, kind="manage", durable=durable)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
