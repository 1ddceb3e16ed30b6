"""APIv2 signatures: MD5 or HMAC-SHA256 over sorted `key=value` pairs and the shared key, in upper-case hex."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

MD5 = "MD5"
HMAC_SHA256 = "HMAC-SHA256"
# Some answers leave `sign_type` out; the length of the signature then tells which one it is.
_BY_LENGTH = {32: MD5, 64: HMAC_SHA256}


def content(fields: Mapping[str, str]) -> str:
    """Everything but `sign` and empty values; fields we do not know are signed too."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name])


@dataclass(frozen=True)
class SharedKey:
    """The APIv2 key."""

    key: bytes = field(repr=False)

    def sign(self, fields: Mapping[str, str], sign_type: str = HMAC_SHA256) -> str:
        text = f"{content(fields)}&key=".encode() + self.key
        if sign_type == MD5:
            return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest().upper()

    def verify(self, fields: Mapping[str, str]) -> bool:
        signature = fields.get("sign", "").upper()
        sign_type = fields.get("sign_type") or _BY_LENGTH.get(len(signature), "")
        if sign_type not in (MD5, HMAC_SHA256):
            return False
        return hmac.compare_digest(self.sign(fields, sign_type).encode(), signature.encode())
