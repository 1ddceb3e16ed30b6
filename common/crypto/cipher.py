"""Sealed values: AES-256-GCM, `<key id>:<base64 of nonce + ciphertext + tag>`, bound to table, column and row."""

from __future__ import annotations

import binascii
import os
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag

from common.crypto.errors import NotSealed, SealBroken
from common.crypto.keys import cipher_for, keyring

NONCE_BYTES = 12
_TAG_BYTES = 16
_NONCES_AT_ONCE = 1024

_nonces: list[bytes] = []
# A forked worker must never use a nonce its parent has in stock: nonce reuse under one key breaks GCM.
os.register_at_fork(after_in_child=_nonces.clear)


def _restock() -> bytes:
    noise = os.urandom(NONCE_BYTES * _NONCES_AT_ONCE)
    fresh = [noise[start : start + NONCE_BYTES] for start in range(0, len(noise), NONCE_BYTES)]
    last = fresh.pop()
    _nonces.extend(fresh)
    return last


def _nonce() -> bytes:
    """96 random bits, used once: taking one from the stock is a single atomic step, so threads may share it."""
    try:
        return _nonces.pop()
    except IndexError:
        return _restock()


def context_of(table: str, column: str, row_id: object) -> str:
    return f"{table}.{column}.{row_id}"


def seal(plaintext: str, *, context: str) -> str:
    """Seal one value under the active key. `context` must be unique to the place it is kept: see `context_of`."""
    ring, nonce = keyring(), _nonce()
    body = nonce + ring.active_cipher.encrypt(nonce, plaintext.encode(), context.encode())
    return f"{ring.active_id}:{binascii.b2a_base64(body, newline=False).decode()}"


def sealer(table: str, column: str) -> Callable[[str, Any], str]:
    """`seal(plaintext, row_id)` for many rows of one column; empty text stays empty.

    It keeps the key that is active now, so make one per batch, not one per process.
    """
    ring = keyring()
    encrypt, encode = ring.active_cipher.encrypt, binascii.b2a_base64
    key_prefix, place = f"{ring.active_id}:", f"{table}.{column}."
    take, restock = _nonces.pop, _restock

    def seal_row(plaintext: str, row_id: Any) -> str:
        if not plaintext:
            return plaintext
        try:
            nonce = take()
        except IndexError:
            nonce = restock()
        body = nonce + encrypt(nonce, plaintext.encode(), f"{place}{row_id}".encode())
        return key_prefix + encode(body, newline=False).decode()

    return seal_row


def seal_column(table: str, column: str, plaintexts: Sequence[str], row_ids: Sequence[object]) -> list[str]:
    """Each value sealed for its row; empty text stays empty."""
    ring, noise = keyring(), os.urandom(NONCE_BYTES * len(plaintexts))
    encrypt, encode = ring.active_cipher.encrypt, binascii.b2a_base64
    head, place = f"{ring.active_id}:".encode(), f"{table}.{column}."
    nonces = [noise[start : start + NONCE_BYTES] for start in range(0, len(noise), NONCE_BYTES)]
    return [
        (head + encode(nonce + encrypt(nonce, text.encode(), f"{place}{row_id}".encode()), newline=False)).decode()
        if text
        else ""
        for nonce, text, row_id in zip(nonces, plaintexts, row_ids, strict=True)
    ]


def key_id_of(value: str) -> str:
    """The id of the key a value is sealed under."""
    key_id, separator, _ = value.partition(":")
    if not separator or not key_id.isalnum():
        raise NotSealed("A value in an encrypted column is not sealed: it was written past the field.")
    return key_id


def open_sealed(value: str, *, context: str) -> str:
    """The plaintext; UnknownKey, SealBroken (altered, or moved from another place) or NotSealed when there is none."""
    key_id = key_id_of(value)
    try:
        body = binascii.a2b_base64(value[len(key_id) + 1 :], strict_mode=True)
    except ValueError as error:
        raise NotSealed("A value in an encrypted column is damaged: restore the row.", key=key_id) from error
    if len(body) < NONCE_BYTES + _TAG_BYTES:
        raise NotSealed("A value in an encrypted column is cut short: restore the row.", key=key_id)
    cipher = cipher_for(key_id)
    try:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], context.encode()).decode()
    except InvalidTag as error:
        message = "A sealed value was altered or belongs to another row or column: restore the row."
        raise SealBroken(message, key=key_id, context=context) from error
