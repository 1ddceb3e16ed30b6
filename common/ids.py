"""Identifiers: time-ordered UUIDs inside, references that reveal no sequence outside."""

from __future__ import annotations

import os
import secrets
import time
import uuid
from functools import lru_cache

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 symbols; no 0/O, 1/I to misread aloud
_HALF_BITS = 20
_HALF_MASK = (1 << _HALF_BITS) - 1
_ROUND_KEYS = (0x5A17D, 0x9E377, 0x3C6EF, 0xB7E15)


def uuid7() -> uuid.UUID:
    """A version 7 UUID (RFC 9562): 48 bits of milliseconds, then randomness, so inserts stay close in the index."""
    value = int.from_bytes((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=value)


def _scramble(half: int, key: int) -> int:
    return ((half * 0x2545F + key) ^ ((half * key) >> 7)) & _HALF_MASK


@lru_cache(maxsize=4096)
def public_reference(prefix: str, row_id: int) -> str:
    """The reference people see for a row: a fixed permutation of its id (a 4-round Feistel network over 40 bits).

    It hides order and volume from outsiders and needs no column or index. It is no secret: doors authorise.
    """
    left, right = row_id >> _HALF_BITS, row_id & _HALF_MASK
    for key in _ROUND_KEYS:
        left, right = right, left ^ _scramble(right, key)
    value = (left << _HALF_BITS) | right
    digits = "".join(ALPHABET[(value >> shift) & 31] for shift in range(35, -1, -5))
    return f"{prefix}-{digits}"


def row_id_of(reference: str) -> int | None:
    """The row id behind a public reference, or None when it is not one."""
    digits = reference.strip().upper().rpartition("-")[2]
    if len(digits) != 8 or any(digit not in ALPHABET for digit in digits):
        return None
    value = 0
    for digit in digits:
        value = value << 5 | ALPHABET.index(digit)
    left, right = value >> _HALF_BITS, value & _HALF_MASK
    for key in reversed(_ROUND_KEYS):
        left, right = right ^ _scramble(left, key), left
    return left << _HALF_BITS | right


def new_token() -> str:
    """128 unguessable bits for a link."""
    return secrets.token_urlsafe(16)
