"""Alipay's RSA2: SHA256withRSA (PKCS#1 v1.5) over sorted `key=value` pairs, and over exact parts of its answers."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from wallets.providers.errors import ConfigError

_WHITESPACE = re.compile(r"\s*")
_decoder = json.JSONDecoder()


def request_content(parameters: Mapping[str, str]) -> bytes:
    """What a request signs: everything but `sign` and empty values, `sign_type` included."""
    kept = {name: value for name, value in parameters.items() if value and name != "sign"}
    return _joined(kept)


def notify_contents(parameters: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What a notify signs, in the order to try: without `sign_type`, then with it (old agreement notifies keep it)."""
    kept = {name: value for name, value in parameters.items() if name != "sign"}
    without = {name: value for name, value in kept.items() if name != "sign_type"}
    return _joined(without), _joined(kept)


def top_level_values(text: str) -> dict[str, str]:
    """Each top-level key of a JSON object with the exact source text of its value; raises `ValueError`.

    The signature covers the bytes as sent, so the value must never be parsed and written again.
    """
    found: dict[str, str] = {}
    position = _expect(text, 0, "{")
    while True:
        name, position = _decoder.raw_decode(text, position)
        start = _expect(text, position, ":")
        _, position = _decoder.raw_decode(text, start)
        if not isinstance(name, str) or name in found:
            raise ValueError("keys must be strings and appear once")
        found[name] = text[start:position]
        position = _skip(text, position)
        if text[position : position + 1] != ",":
            break
        position = _skip(text, position + 1)
    _expect(text, position, "}")
    return found


def _joined(parameters: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters)).encode()


def _skip(text: str, position: int) -> int:
    match = _WHITESPACE.match(text, position)
    return match.end() if match else position


def _expect(text: str, position: int, mark: str) -> int:
    position = _skip(text, position)
    if text[position : position + 1] != mark:
        raise ValueError(f"expected {mark!r}")
    return _skip(text, position + 1)


class Signer:
    """Signs with the merchant's private key (PEM, or the bare base64 that Alipay's key tool writes)."""

    def __init__(self, key: bytes) -> None:
        loaded = _load(key, private=True)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise ConfigError("Alipay: the merchant's private key must be an RSA key.")
        self._key = loaded

    def sign(self, content: bytes) -> str:
        return base64.b64encode(self._key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


class Verifier:
    """Verifies with Alipay's public key (not the merchant's own)."""

    def __init__(self, key: bytes) -> None:
        loaded = _load(key, private=False)
        if not isinstance(loaded, rsa.RSAPublicKey):
            raise ConfigError("Alipay: Alipay's public key must be an RSA key.")
        self._key = loaded

    def verify(self, content: bytes, signature: str) -> bool:
        try:
            raw = base64.b64decode(signature, validate=True)
            self._key.verify(raw, content, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def _load(key: bytes, *, private: bool) -> Any:
    pem = key.strip().startswith(b"-----")
    try:
        if private:
            load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
            return load(key if pem else base64.b64decode(key), password=None)
        loader = serialization.load_pem_public_key if pem else serialization.load_der_public_key
        return loader(key if pem else base64.b64decode(key))
    except (ValueError, TypeError) as error:
        raise ConfigError("Alipay: a key file holds no readable RSA key.") from error
