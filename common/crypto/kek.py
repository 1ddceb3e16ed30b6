"""Key-encryption keys, which wrap the data keys: a file, the environment, or a key service behind one protocol."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.crypto.errors import KeysUnavailable
from common.crypto.secret_files import KEY_BYTES, new_key_text, replace_whole

FILE_NAME = "key_encryption_key"
ENVIRONMENT_NAME = "FIELD_KEY_ENCRYPTION_KEY"
_NONCE_BYTES = 12


class KeyEncryptionKey(Protocol):
    """Wraps data keys, bound to their ids. `wrap` uses the newest key; `unwrap` accepts every key still held."""

    def wrap(self, secret: bytes, *, key_id: str) -> str: ...

    def unwrap(self, wrapped: str, *, key_id: str) -> bytes: ...

    def start_renewal(self) -> None:
        """Bring in a new key beside the present one, if it is ours to make."""

    def finish_renewal(self) -> None:
        """Forget every key but the newest: called when all data keys are wrapped under it."""


class LocalKeyEncryptionKey:
    """AES-256-GCM under 32-byte keys held in this process, newest first. Wrapped form: `fingerprint:base64`."""

    def keys(self) -> list[bytes]:
        raise NotImplementedError

    def wrap(self, secret: bytes, *, key_id: str) -> str:
        key, nonce = self.keys()[0], os.urandom(_NONCE_BYTES)
        body = nonce + AESGCM(key).encrypt(nonce, secret, key_id.encode())
        return f"{_fingerprint(key)}:{base64.b64encode(body).decode()}"

    def unwrap(self, wrapped: str, *, key_id: str) -> bytes:
        fingerprint, _, encoded = wrapped.partition(":")
        key = next((key for key in self.keys() if _fingerprint(key) == fingerprint), None)
        if key is None:
            raise KeysUnavailable(
                "A data key is wrapped under a key-encryption key that is not here: put the earlier one back.",
                key=key_id,
                key_encryption_key=fingerprint,
            )
        try:
            body = base64.b64decode(encoded, validate=True)
            return AESGCM(key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], key_id.encode())
        except (binascii.Error, ValueError, InvalidTag) as error:
            raise KeysUnavailable("A wrapped data key is damaged: restore the key file.", key=key_id) from error


class FileKeyEncryptionKey(LocalKeyEncryptionKey):
    """One base64 key a line; a second line is there only while data keys are being rewrapped."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE_NAME

    def keys(self) -> list[bytes]:
        try:
            lines = self.path.read_text(encoding="utf-8").split()
        except OSError as error:
            raise KeysUnavailable(f"The key-encryption key {FILE_NAME} cannot be read in SECRETS_DIR.") from error
        return parse_keys(lines, where=FILE_NAME)

    def start_renewal(self) -> None:
        present = self.path.read_text(encoding="utf-8").split()
        if len(present) == 1:
            replace_whole(self.path, "\n".join([new_key_text(), *present]) + "\n")

    def finish_renewal(self) -> None:
        replace_whole(self.path, self.path.read_text(encoding="utf-8").split()[0] + "\n")


class EnvironmentKeyEncryptionKey(LocalKeyEncryptionKey):
    """Keys from FIELD_KEY_ENCRYPTION_KEY, comma separated, newest first; the operator adds and removes them."""

    def keys(self) -> list[bytes]:
        return parse_keys(os.environ.get(ENVIRONMENT_NAME, "").split(","), where=ENVIRONMENT_NAME)

    def start_renewal(self) -> None:
        return None

    def finish_renewal(self) -> None:
        return None


def key_encryption_key(directory: Path) -> KeyEncryptionKey:
    """The adapter in force: the environment when it carries a key, else the file."""
    if os.environ.get(ENVIRONMENT_NAME):
        return EnvironmentKeyEncryptionKey()
    return FileKeyEncryptionKey(directory)


def parse_keys(texts: list[str], *, where: str) -> list[bytes]:
    try:
        keys = [base64.b64decode(text, validate=True) for text in texts]
    except binascii.Error as error:
        raise KeysUnavailable(f"{where} must hold base64.") from error
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeysUnavailable(f"{where} must hold {KEY_BYTES}-byte keys in base64.")
    return keys


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"key-encryption-key fingerprint" + key).hexdigest()[:12]
