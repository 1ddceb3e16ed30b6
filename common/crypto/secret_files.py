"""Secret files: created whole or not at all, owner-only, never overwritten by accident. Needs no Django."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

KEY_BYTES = 32
OWNER_ONLY = 0o600


def new_key_text() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write_beside(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return beside


def _remember_names(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_once(path: Path, text: str) -> bool:
    """Create `path` with mode 0600 unless it exists; True when this call created it, whoever else is trying."""
    if path.exists():
        return False
    beside = _write_beside(path, text)
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    _remember_names(path.parent)
    return True


def replace_whole(path: Path, text: str) -> None:
    """Readers see the old text or the new, never a part, also after a crash."""
    _write_beside(path, text).replace(path)
    _remember_names(path.parent)


@contextlib.contextmanager
def changing_keys(directory: Path) -> Iterator[None]:
    """One change of the key files at a time, across processes; a killed holder lets go by itself."""
    handle = os.open(directory / ".keys.lock", os.O_WRONLY | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
