"""TRON's addresses from the chain's side of the wire, written apart from the client on purpose."""

from hashlib import sha256

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def to_base58check(hex_body: str) -> str:
    """`hex_body`: 40 hex digits; the version byte and the checksum are added."""
    payload = bytes([0x41]) + bytes.fromhex(hex_body)
    value = int((payload + sha256(sha256(payload).digest()).digest()[:4]).hex(), 16)
    letters = []
    while value > 0:
        letters.append(ALPHABET[value % 58])
        value //= 58
    return "".join(reversed(letters))


def from_base58check(text: str) -> str:
    """40 hex digits; raises `ValueError`."""
    value = 0
    for letter in text:
        value = value * 58 + ALPHABET.index(letter)
    raw = f"{value:050x}"
    if len(raw) != 50 or raw[:2] != "41" or to_base58check(raw[2:42]) != text:
        raise ValueError("not a TRON address")
    return raw[2:42]
