"""Uploaded files at rest: random names, mode 0600, AES-256-GCM in blocks that can be read from any place.

A file is needed while its import may still be resumed and for its error file; then it is deleted. Each block is bound
to the file's name, its number and whether it is the last, so blocks cannot be swapped, moved or cut off unseen.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.imports.errors import ImportRefused
from common.crypto.keys import cipher_for, keyring

BLOCK_BYTES = 64 * 1024
SIZE_MAX = 1024 * 1024 * 1024
_HEADER_BYTES = 64
_NONCE_BYTES = 12
_SEALED_BYTES = BLOCK_BYTES + _NONCE_BYTES + 16


@dataclass(frozen=True)
class Stored:
    name: str
    size: int
    sha256: str


def folder() -> Path:
    path = Path(settings.DATA_DIR) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _place(name: str) -> Path:
    return folder() / Path(name).name


def _context(name: str, number: int, last: bool) -> bytes:
    return f"import-file.{name}.{number}.{'last' if last else 'more'}".encode()


class VaultWriter(io.RawIOBase):
    """Write once from the beginning, then `close`; `stored` is known afterwards."""

    def __init__(self) -> None:
        super().__init__()
        ring = keyring()
        self.name = secrets.token_hex(16)
        self._cipher, self._pending, self._blocks = ring.active_cipher, bytearray(), 0
        self._digest, self.size = hashlib.sha256(), 0
        handle = os.open(_place(self.name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._file.write(ring.active_id.encode().ljust(_HEADER_BYTES))

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.size += len(data)
        if self.size > SIZE_MAX:
            raise ImportRefused(_("The file is larger than 1 GB. Split it into smaller files."), field="file")
        self._digest.update(data)
        self._pending += data
        while len(self._pending) > BLOCK_BYTES:
            self._seal(bytes(self._pending[:BLOCK_BYTES]), last=False)
            del self._pending[:BLOCK_BYTES]
        return len(data)

    def _seal(self, block: bytes, *, last: bool) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        self._file.write(nonce + self._cipher.encrypt(nonce, block, _context(self.name, self._blocks, last)))
        self._blocks += 1

    def close(self) -> None:
        if self.closed:
            return
        self._seal(bytes(self._pending), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        super().close()

    @property
    def stored(self) -> Stored:
        return Stored(self.name, self.size, self._digest.hexdigest())


class VaultReader(io.RawIOBase):
    """The plain bytes of a stored file, readable from any place; nothing is ever written in the clear."""

    def __init__(self, name: str) -> None:
        super().__init__()
        path = _place(name)
        if not path.is_file():
            raise ImportRefused(_("The uploaded file is no longer kept. Upload it again."), field="file")
        self.name, self._file, self._position = path.name, path.open("rb"), 0
        body = path.stat().st_size - _HEADER_BYTES
        self._blocks = -(-body // _SEALED_BYTES)
        self.size = body - self._blocks * (_SEALED_BYTES - BLOCK_BYTES)
        self._cipher: AESGCM = cipher_for(self._file.read(_HEADER_BYTES).decode().strip())
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def _block(self, number: int) -> bytes:
        if self._held[0] == number:
            return self._held[1]
        self._file.seek(_HEADER_BYTES + number * _SEALED_BYTES)
        sealed = self._file.read(_SEALED_BYTES)
        context = _context(self.name, number, number == self._blocks - 1)
        try:
            block = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            raise ImportRefused(_("The stored file is damaged. Upload it again."), field="file") from error
        self._held = (number, block)
        return block

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._position >= self.size:
            return 0
        number, start = divmod(self._position, BLOCK_BYTES)
        part = self._block(number)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()


def store(source: IO[bytes]) -> Stored:
    """Take a stream in; a stream that is refused leaves nothing behind."""
    writer = VaultWriter()
    try:
        for part in _parts(source):
            writer.write(part)
    except BaseException:
        writer.close()
        delete(writer.name)
        raise
    writer.close()
    return writer.stored


def _parts(source: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: source.read(BLOCK_BYTES), b"")


def stored_bytes(name: str) -> int:
    with open_stored(name) as file:
        return file.seek(0, io.SEEK_END)


def open_stored(name: str) -> IO[bytes]:
    return io.BufferedReader(VaultReader(name), BLOCK_BYTES)


def delete(name: str) -> None:
    if name:
        _place(name).unlink(missing_ok=True)
