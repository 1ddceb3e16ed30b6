"""WeChat Pay's side of the wire, on another library than the client and written apart from it on purpose."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import cache
from hashlib import new as digest
from hmac import HMAC
from pathlib import Path
from secrets import token_hex

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15

NOT_SIGNED = ("sign",)


class Seal:
    """WeChat's own private keys (two: the second is for the change of keys), the merchant's public key, the shared."""

    def __init__(self, folder: Path) -> None:
        self._own = [RSA.import_key((folder / name).read_bytes()) for name in OWN]
        self._theirs = RSA.import_key((folder / "merchant_public.pem").read_bytes())
        self._v3 = (folder / "api_v3_key").read_bytes()
        self._v2 = (folder / "api_v2_key").read_text()
        self.app_secret = (folder / "app_secret").read_text()

    def stamp(self, *parts: str, second: bool = False) -> str:
        return _stamp(self._own[second], parts)

    def forged(self, *parts: str) -> str:
        """A well-formed signature by somebody who is not WeChat."""
        return _stamp(_stranger(), parts)

    def merchant_signed(self, signature: str, *parts: str) -> bool:
        try:
            pkcs1_15.new(self._theirs).verify(SHA256.new(_text(parts)), b64decode(signature))
        except (ValueError, Base64Error):
            return False
        return True

    def encrypt(self, text: str, associated: str) -> dict[str, str]:
        nonce = token_hex(6)
        cipher = AES.new(self._v3, AES.MODE_GCM, nonce=nonce.encode())
        cipher.update(associated.encode())
        hidden, tag = cipher.encrypt_and_digest(text.encode())
        return {"ciphertext": b64encode(hidden + tag).decode(), "nonce": nonce, "associated_data": associated}

    def v2_sign(self, fields: dict[str, str], kind: str, key: str = "") -> str:
        shared = key or self._v2
        pairs = sorted((name, value) for name, value in fields.items() if name not in NOT_SIGNED and value != "")
        text = "&".join("=".join(pair) for pair in [*pairs, ("key", shared)]).encode()
        if kind == "HMAC-SHA256":
            return HMAC(shared.encode(), text, "sha256").hexdigest().upper()
        return digest("md5", text, usedforsecurity=False).hexdigest().upper()

    def v2_signed(self, fields: dict[str, str], kind: str) -> bool:
        return fields.get("sign") == self.v2_sign(fields, fields.get("sign_type") or kind)


OWN = ("platform_private.pem", "platform_next_private.pem")


@cache
def _stranger() -> RSA.RsaKey:
    return RSA.generate(2048)


def _text(parts: tuple[str, ...]) -> bytes:
    return "\n".join([*parts, ""]).encode()


def _stamp(key: RSA.RsaKey, parts: tuple[str, ...]) -> str:
    return b64encode(pkcs1_15.new(key).sign(SHA256.new(_text(parts)))).decode()
