"""Blind indexes: keyed hashes (HMAC-SHA256, cut short) that find equal values without opening any."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from common.crypto.keys import purpose_key
from common.crypto.normalise import MOST_TOKENS, word_tokens, words_of

INDEX_BYTES = 16
TOKEN_BYTES = 8
_BLOCK_BYTES = 64
NAME_TOKEN = "name_token"  # noqa: S105 (a purpose)
_REMEMBERED_WORDS = 100_000


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
    """`index(tokens)` -> one signed 64-bit number each, for a bigint[] column."""
    digest = _keyed(purpose)

    def index(tokens: list[str]) -> list[int]:
        return [int.from_bytes(digest(token.encode())[:TOKEN_BYTES], "big", signed=True) for token in tokens]

    return index


def name_indexer(purpose: str = NAME_TOKEN, *, form: Callable[[int], Any] = int) -> Callable[[str], list[Any]]:
    """`index(name)` -> the blind tokens of `name_tokens(name)`, for many rows, each as `form` makes it."""
    index_tokens = token_indexer(purpose)
    # Names are made of the same words again and again.
    remembered: dict[str, list[Any]] = {}

    def learn(word: str) -> list[Any]:
        if len(remembered) >= _REMEMBERED_WORDS:
            remembered.clear()
        tokens = remembered[word] = list(map(form, index_tokens(word_tokens(word))))
        return tokens

    def index(name: str) -> list[Any]:
        tokens: dict[Any, None] = {}
        for word in words_of(name):
            tokens.update(dict.fromkeys(remembered.get(word) or learn(word)))
        return list(tokens)[:MOST_TOKENS]

    return index
