"""Deposit addresses derived from an account's extended public key: no private key is ever here.

The path is four child indexes of 31 bits each, cut from a hash of our reference. One non-hardened index alone would
collide after some fifty thousand payments; 124 bits do not, and need no counter that processes must share.
"""

import hashlib
import re
from dataclasses import dataclass

from bip32 import BIP32
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wallets.providers.errors import ConfigError

LEVELS = 4
NON_HARDENED = (1 << 31) - 1
TRON_VERSION = b"\x41"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_HEX_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_TRON_LENGTH = 34


def keccak256(content: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=content).digest()


def checksummed(raw: bytes) -> str:
    """EIP-55: a letter is upper-case where the hash of the lower-case hex has a high nibble."""
    text = raw.hex()
    marks = keccak256(text.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(mark, 16) >= 8 else letter for letter, mark in zip(text, marks, strict=False)
    )


def read_ethereum(address: str) -> bytes:
    """The 20 bytes; raises `ValueError` for anything that is not an address or whose mixed case is wrong."""
    if not _HEX_ADDRESS.fullmatch(address):
        raise ValueError("not an Ethereum address")
    raw = bytes.fromhex(address[2:])
    unmarked = address[2:] in (address[2:].lower(), address[2:].upper())
    if not unmarked and checksummed(raw) != address:
        raise ValueError("the address has a wrong checksum")
    return raw


def tron_address(raw: bytes) -> str:
    payload = TRON_VERSION + raw
    number = int.from_bytes(payload + _double_sha256(payload)[:4])
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return text


def read_tron(address: str) -> bytes:
    """The 20 bytes; raises `ValueError` for anything that is not a TRON address with a right checksum."""
    if len(address) != _TRON_LENGTH or not set(address) <= set(_BASE58):
        raise ValueError("not a TRON address")
    number = 0
    for letter in address:
        number = number * 58 + _BASE58.index(letter)
    try:
        content = number.to_bytes(25)
    except OverflowError as error:
        raise ValueError("not a TRON address") from error
    if content[:1] != TRON_VERSION or _double_sha256(content[:21])[:4] != content[21:]:
        raise ValueError("the address has a wrong checksum")
    return content[1:21]


def child_path(network: str, merchant_ref: str) -> tuple[int, ...]:
    digest = hashlib.sha256(f"deposit address/{network}/{merchant_ref}".encode()).digest()
    words = (int.from_bytes(digest[place : place + 4]) for place in range(0, 4 * LEVELS, 4))
    return tuple(word & NON_HARDENED for word in words)


@dataclass(frozen=True)
class DerivedKey:
    path: str
    raw: bytes


class AddressBook:
    """Addresses of one account. Raises `ConfigError` for a key that is no extended *public* key."""

    def __init__(self, account_key: bytes, network: str) -> None:
        text = account_key.decode("ascii", "replace").strip()
        if not text.startswith("xpub"):
            raise ConfigError("USDT: the account key must be an extended public key (xpub). Never store a private key.")
        try:
            self._account = BIP32.from_xpub(text)
        except ValueError as error:
            raise ConfigError("USDT: the extended public key cannot be read. Export it again.") from error
        self._network = network

    def derive(self, merchant_ref: str) -> DerivedKey:
        """Pure: the same reference has the same address for ever."""
        indexes = child_path(self._network, merchant_ref)
        compressed = self._account.get_pubkey_from_path(list(indexes))
        point = EllipticCurvePublicKey.from_encoded_point(SECP256K1(), compressed)
        plain = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return DerivedKey(path="/".join(str(index) for index in indexes), raw=keccak256(plain[1:])[-20:])


def _double_sha256(content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(content).digest()).digest()
