"""A browser's push service and the browser behind it: takes what RFC 8030 allows, checks the sender (RFC 8292) and
decrypts for the browser (RFC 8188, RFC 8291). Written from the documents for the simulator alone."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from reminders.sandbox import faults
from reminders.sandbox.store import Row, Store
from reminders.sandbox.web import Request, Response, Router, json_response

LARGEST_BODY = 4096
LONGEST_TOKEN = 24 * 3600
CURVE = ec.SECP256R1()


class PushService:
    """`real_now` is not the sandbox clock: tokens are dated by real time."""

    def __init__(self, store: Store, *, now: Callable[[], datetime], real_now: Callable[[], datetime]) -> None:
        self.store = store
        self.now = now
        self.real_now = real_now

    def add_routes(self, router: Router) -> None:
        router.add("POST", "/push/subscriptions", self.subscribe)
        router.add("POST", "/push/subscriptions/(?P<ref>[0-9a-f]{32})/end", self.end)
        router.add("POST", "/push/send/(?P<ref>[0-9a-f]{32})", self.take)

    def subscribe(self, request: Request) -> Response:
        """A browser says yes: {"applicationServerKey": base64url, may be absent} -> its PushSubscription."""
        key, auth, ref = ec.generate_private_key(CURVE), secrets.token_bytes(16), secrets.token_hex(16)
        try:
            sender = str(json.loads(request.body or b"{}").get("applicationServerKey", ""))
        except ValueError:
            return Response(400, b"not JSON", "text/plain")
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.store.add_subscription(ref, private=private.decode(), auth=_write(auth), sender=sender)
        keys = {"p256dh": _write(_point(key.public_key())), "auth": _write(auth)}
        return json_response({"endpoint": f"{_origin(request)}/push/send/{ref}", "expirationTime": None, "keys": keys})

    def end(self, request: Request, *, ref: str) -> Response:
        """The person switched notifications off in the browser."""
        self.store.end_subscription(ref)
        return Response(204)

    def take(self, request: Request, *, ref: str) -> Response:
        controls = faults.current(self.store)
        if controls.push not in ("none", "hang_up_after"):
            faults.spend(self.store, controls, name="push")
            return _FAULTS[controls.push]
        row = self.store.subscription(ref)
        refused = self._refusal(request, row)
        if refused is not None or row is None:
            return refused or _plain(404, "unknown subscription")
        try:
            shown = _decrypt(request.body, private=row["private"], auth=_read(row["auth"]))
        except (ValueError, InvalidTag):
            # A real service cannot look inside; the browser drops it in silence. Here it is worth knowing.
            return _plain(400, "the browser could not decrypt this")
        message = self._keep(request, ref, shown)
        if controls.push == "hang_up_after":
            faults.spend(self.store, controls, name="push")
            return Response(hang_up=True)
        return Response(201, headers={"Location": f"{_origin(request)}/push/message/{message}", "TTL": "86400"})

    def _refusal(self, request: Request, row: Row | None) -> Response | None:
        if not request.headers.get("ttl", "").isdigit():
            return _plain(400, "TTL is missing")
        if request.headers.get("content-encoding") != "aes128gcm":
            return _plain(400, "only aes128gcm is taken")
        if len(request.body) > LARGEST_BODY:
            return _plain(413, "too large")
        if len(request.headers.get("topic", "")) > 32:
            return _plain(400, "the topic is too long")
        if row is None:
            return _plain(404, "unknown subscription")
        if row["ended"]:
            return _plain(410, "the person ended this subscription")
        return self._unauthorised(request, row)

    def _unauthorised(self, request: Request, row: Row) -> Response | None:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        if scheme.lower() != "vapid" or not given.get("t") or not given.get("k"):
            return _plain(401, "no VAPID authorization")
        if row["sender"] and row["sender"] != given["k"]:
            return _plain(403, "the subscription belongs to another sender")
        claims = _claims(given["t"], given["k"])
        if claims is None:
            return _plain(403, "the token's signature does not verify")
        seconds_left = claims.get("exp", 0) - self.real_now().timestamp()
        usable = 0 < seconds_left <= LONGEST_TOKEN and claims.get("aud") == _origin(request)
        if not usable or not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
            return _plain(403, "the token is not for here, or not for now")
        return None

    def _keep(self, request: Request, ref: str, shown: bytes) -> str:
        """What waits under the same topic for the same browser is replaced."""
        topic = request.headers.get("topic", "")
        message = "PU" + secrets.token_hex(16)
        if topic:
            self.store.drop_topic(recipient=ref, topic=topic)
        try:
            words: dict[str, Any] = json.loads(shown)
        except ValueError:
            words = {"body": shown.decode("utf-8", "replace")}
        self.store.add_message(
            channel="push",
            direction="outbound",
            ref=message,
            sender="the platform",
            recipient=ref,
            subject=str(words.get("title", "")),
            text="\n".join(str(words[name]) for name in ("body", "url") if words.get(name)),
            headers=json.dumps([["topic", topic], ["urgency", request.headers.get("urgency", "")]]),
            status="delivered",
            service_sid=topic,
            created_at=self.now().isoformat(timespec="seconds"),
        )
        return message


def _plain(status: int, words: str, **headers: str) -> Response:
    return Response(status, words.encode(), "text/plain", headers=headers)


def _origin(request: Request) -> str:
    return f"http://{request.headers.get('host', '')}"


def _read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _write(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _claims(token: str, key: str) -> dict[str, Any] | None:
    """The claims of an ES256 token that `key` signed; None for anything else."""
    try:
        head, body, signature = token.split(".")
        raw = _read(signature)
        if json.loads(_read(head)).get("alg") != "ES256" or len(raw) != 64:
            return None
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _read(key))
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public.verify(pair, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        claims = json.loads(_read(body))
    except (ValueError, InvalidSignature):
        return None
    return claims if isinstance(claims, dict) else None


def _extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.new(salt, secret, hashlib.sha256).digest()


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def _decrypt(body: bytes, *, private: str, auth: bytes) -> bytes:
    """RFC 8188's header is salt (16), record size (4), key length (1), key; one record follows, ended by 0x02."""
    salt, id_length = body[:16], body[20]
    sender, sealed = body[21 : 21 + id_length], body[21 + id_length :]
    if len(salt) != 16 or id_length != 65 or len(sealed) < 17:
        raise ValueError("no aes128gcm record")
    own = serialization.load_pem_private_key(private.encode(), password=None)
    if not isinstance(own, ec.EllipticCurvePrivateKey):
        raise ValueError("no P-256 key")
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    mixed = _expand(_extract(auth, shared), b"WebPush: info\0" + _point(own.public_key()) + sender, 32)
    root = _extract(salt, mixed)
    key, nonce = _expand(root, b"Content-Encoding: aes128gcm\0", 16), _expand(root, b"Content-Encoding: nonce\0", 12)
    opened = Cipher(algorithms.AES(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    padded = opened.update(sealed[:-16]) + opened.finalize()
    words, delimiter, rest = padded.rpartition(b"\x02")
    if not delimiter or rest.strip(b"\0"):
        raise ValueError("the record does not end as the last one does")
    return words


_FAULTS: dict[str, Response] = {
    "rate_limited": _plain(429, "too many", **{"Retry-After": "2"}),
    "server_error": _plain(500, "broken"),
    "unavailable": _plain(503, "later", **{"Retry-After": "5"}),
    "gone": _plain(410, "gone"),
    "not_found": _plain(404, "unknown"),
    "too_large": _plain(413, "too large"),
    "unauthorised": _plain(401, "who are you"),
    "hang_up_before": Response(hang_up=True),
}
