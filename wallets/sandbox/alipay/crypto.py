"""RSA2 from Alipay's side of the wire, written apart from the client on purpose."""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from wallets.sandbox.keys import stranger


def pairs_text(fields: dict[str, str], *, leave_out: set[str], empty_too: bool) -> str:
    pairs = [(key, value) for key, value in fields.items() if key not in leave_out and (value != "" or empty_too)]
    pairs.sort(key=lambda pair: pair[0].encode())
    return "&".join("=".join(pair) for pair in pairs)


class Seal:
    """Alipay's private key for what leaves, the merchant's public key for what arrives."""

    def __init__(self, *, alipay_private: Path, merchant_public: Path) -> None:
        self._own: Any = load_pem_private_key(alipay_private.read_bytes(), None)
        self._theirs: Any = load_pem_public_key(merchant_public.read_bytes())

    def stamp(self, text: str) -> str:
        return _stamp(self._own, text)

    def forged(self, text: str) -> str:
        """A well-formed signature by somebody who is not Alipay."""
        return _stamp(stranger(), text)

    def merchant_signed(self, fields: dict[str, str]) -> bool:
        text = pairs_text(fields, leave_out={"sign"}, empty_too=False)
        try:
            self._theirs.verify(b64decode(fields.get("sign", "")), text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def notify_form(self, fields: dict[str, str], *, forge: bool = False) -> dict[str, str]:
        text = pairs_text(fields, leave_out={"sign", "sign_type"}, empty_too=True)
        return {**fields, "sign_type": "RSA2", "sign": self.forged(text) if forge else self.stamp(text)}


def _stamp(key: Any, text: str) -> str:
    return b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
