"""Blind indexes: keyed hashes (HMAC-SHA256, cut short) that find equal values without opening any."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from common.crypto.keys import purpose_key

INDEX_BYTES = 16
TOKEN_BYTES = 8
_BLOCK_BYTES = 64
_REMEMBERED_TOKENS = 100_000


def _keyed(purpose: str) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 (RFC 2104) with both key blocks absorbed once: a third of the time of a one-shot call."""
    block = purpose_key(purpose).ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def digest(message: bytes) -> bytes:
        first, second = inner(), outer()
        first.update(message)
        second.update(first.digest())
        return second.digest()

    return digest


def indexer(purpose: str) -> Callable[[str], str]:
    """`index(normalised value)` -> 32 hex digits for many values; empty text has the empty index."""
    digest = _keyed(purpose)

    def index(value: str) -> str:
        return digest(value.encode())[:INDEX_BYTES].hex() if value else ""

    return index


def blind_index(value: str, *, purpose: str) -> str:
    """32 hex digits for a value already normalised; two purposes have nothing in common. Empty stays empty."""
    return indexer(purpose)(value)


def token_indexer(purpose: str) -> Callable[[list[str]], list[int]]:
    """`index(tokens)` -> signed 64-bit numbers for a bigint[] column; it remembers tokens, since names repeat."""
    digest = _keyed(purpose)
    remembered: dict[str, int] = {}

    def index_one(token: str) -> int:
        if len(remembered) >= _REMEMBERED_TOKENS:
            remembered.clear()
        number = int.from_bytes(digest(token.encode())[:TOKEN_BYTES], "big", signed=True)
        remembered[token] = number
        return number

    def index(tokens: list[str]) -> list[int]:
        return [remembered[token] if token in remembered else index_one(token) for token in tokens]

    return index
