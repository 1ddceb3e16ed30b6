"""What a push service wants: contents only the browser can read (RFC 8291) and a signed sender (RFC 8292)."""

from __future__ import annotations

import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD_SIZE = 4096
LAST_RECORD = b"\x02"
KEY_INFO, NONCE_INFO = b"Content-Encoding: aes128gcm\x00", b"Content-Encoding: nonce\x00"
OVERHEAD = 86 + 16 + 1  # header with our public key, tag, delimiter
LARGEST = RECORD_SIZE - OVERHEAD


class UnusableSubscription(ValueError):
    """Not what a browser hands out."""


@dataclass(frozen=True, slots=True)
class Subscription:
    endpoint: str
    p256dh: bytes
    auth: bytes

    @property
    def origin(self) -> str:
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def read_subscription(text: str) -> Subscription:
    """From the JSON a browser's PushSubscription gives. Raises UnusableSubscription."""
    try:
        stored = json.loads(text)
        keys = stored["keys"]
        found = Subscription(str(stored["endpoint"]), from_base64(keys["p256dh"]), from_base64(keys["auth"]))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.p256dh)
    except (ValueError, KeyError, TypeError, Base64Error) as error:
        raise UnusableSubscription("This is not a push subscription of a browser.") from error
    if len(found.auth) != 16 or not urlsplit(found.endpoint).hostname:
        raise UnusableSubscription("This is not a push subscription of a browser.")
    return found


def encrypt(payload: bytes, subscription: Subscription) -> bytes:
    """One aes128gcm record with a key of its own, so that the same words never look the same twice."""
    if len(payload) > LARGEST:
        raise ValueError("a push message holds at most 3993 bytes")
    own = ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), subscription.p256dh)
    public, salt = raw_public(own.public_key()), os.urandom(16)
    shared = own.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\x00" + subscription.p256dh + public
    secret = HKDF(algorithm=hashes.SHA256(), length=32, salt=subscription.auth, info=info).derive(shared)
    key = HKDF(algorithm=hashes.SHA256(), length=16, salt=salt, info=KEY_INFO).derive(secret)
    nonce = HKDF(algorithm=hashes.SHA256(), length=12, salt=salt, info=NONCE_INFO).derive(secret)
    header = salt + struct.pack("!IB", RECORD_SIZE, len(public)) + public
    return header + AESGCM(key).encrypt(nonce, payload + LAST_RECORD, None)


def vapid_authorization(key: ec.EllipticCurvePrivateKey, *, audience: str, subject: str, expires: int) -> str:
    """The Authorization header: a short-lived ES256 token for one push service, and the key to check it with."""
    head = to_base64(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
    body = to_base64(json.dumps({"aud": audience, "exp": expires, "sub": subject}).encode())
    signed = f"{head}.{body}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = to_base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={to_base64(raw_public(key.public_key()))}"


def raw_public(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def to_base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def from_base64(text: str) -> bytes:
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
