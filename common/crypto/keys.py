"""The key ring of this process: data keys ready for use, read again when the key file changes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from common.crypto import key_file
from common.crypto.errors import KeysUnavailable, UnknownKey
from common.crypto.kek import parse_keys
from common.crypto.key_file import DataKey, KeyFile
from common.crypto.secrets import BLIND_INDEX_KEY

_LOOK_AGAIN_SECONDS = 1.0
_READ_ATTEMPTS = 3


class KeyRing:
    """Data keys by id, each with its cipher built once (building costs more than a use)."""

    def __init__(self, content: KeyFile) -> None:
        self.active_id = content.active.id
        self.rotating_to = content.rotating_to
        self.keys: dict[str, DataKey] = {key.id: key for key in content.keys}
        self.ciphers: dict[str, AESGCM] = {key.id: AESGCM(key.secret) for key in content.keys}

    @property
    def active_cipher(self) -> AESGCM:
        return self.ciphers[self.active_id]


class _Cache:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.ring: KeyRing | None = None
        self.source: tuple[Path, tuple[int, int, int]] | None = None
        self.looked_at = float("-inf")
        self.purpose_keys: dict[tuple[Path, str], bytes] = {}


_cache = _Cache()


def keyring() -> KeyRing:
    """The current ring; a key file replaced by another process is noticed within a second."""
    ring, source = _cache.ring, _cache.source
    directory = settings.SECRETS_DIR
    if ring and source and source[0] is directory and time.monotonic() - _cache.looked_at < _LOOK_AGAIN_SECONDS:
        return ring
    with _cache.lock:
        return _look_again(directory)


def reload_keys() -> KeyRing:
    """Read every key afresh now: after a change of keys, or when a value names a key not seen before."""
    with _cache.lock:
        _cache.forget()
        return _look_again(settings.SECRETS_DIR)


def _look_again(directory: Path) -> KeyRing:
    source = (directory, key_file.signature(directory))
    if _cache.ring is None or _cache.source != source:
        _cache.ring = KeyRing(_read(directory))
    _cache.source = source
    _cache.looked_at = time.monotonic()
    return _cache.ring


def _read(directory: Path) -> KeyFile:
    """The two files change one after the other while keys are rewrapped, so a read that falls between is repeated."""
    for _ in range(_READ_ATTEMPTS - 1):
        try:
            return key_file.read(directory)
        except KeysUnavailable:
            time.sleep(0.02)
    return key_file.read(directory)


def cipher_for(key_id: str) -> AESGCM:
    """The cipher of a key by id, or UnknownKey; a key made by another process a moment ago is fetched."""
    cipher = keyring().ciphers.get(key_id) or reload_keys().ciphers.get(key_id)
    if cipher is None:
        raise UnknownKey("A value is sealed under a data key that is not in the key file: restore it.", key=key_id)
    return cipher


def purpose_key(purpose: str) -> bytes:
    """A 32-byte key for one blind index, so equal values in two indexes have nothing in common."""
    directory = settings.SECRETS_DIR
    key = _cache.purpose_keys.get((directory, purpose))
    if key is None:
        key = _cache.purpose_keys[directory, purpose] = _derive(directory, purpose)
    return key


def _derive(directory: Path, purpose: str) -> bytes:
    try:
        text = (directory / BLIND_INDEX_KEY).read_text(encoding="utf-8")
    except OSError as error:
        raise KeysUnavailable(f"{BLIND_INDEX_KEY} cannot be read in SECRETS_DIR: restore it.") from error
    master = parse_keys(text.split(), where=BLIND_INDEX_KEY)[0]
    info = f"blind-index/{purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(master)
