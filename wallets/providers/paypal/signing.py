"""PayPal's webhook signature: SHA256withRSA over the transmission, our webhook's id and the CRC-32 of the raw body."""

import base64
import binascii
import zlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ALGORITHM = "SHA256withRSA"


def signed_text(headers: Mapping[str, str], body: bytes, webhook_id: str) -> bytes:
    """The bytes as received count: a body that was parsed and written again has another checksum."""
    sent = headers.get("paypal-transmission-id", ""), headers.get("paypal-transmission-time", "")
    return "|".join((*sent, webhook_id, str(zlib.crc32(body)))).encode()


def is_genuine(key: rsa.RSAPublicKey, headers: Mapping[str, str], body: bytes, *, webhook_id: str) -> bool:
    if headers.get("paypal-auth-algo") != ALGORITHM:
        return False
    try:
        signature = base64.b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
        key.verify(signature, signed_text(headers, body, webhook_id), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
