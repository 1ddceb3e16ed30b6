"""Addresses and credentials of the channels from settings; in sandbox mode they point at the local simulator."""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from common.crypto.secret_files import create_once
from reminders.channels.errors import ChannelNotConfigured
from reminders.channels.push_crypto import raw_public, to_base64

VAPID_KEY = "vapid_key.pem"
# The services of the browsers there are. A subscription comes from a browser, so its address is not to be trusted.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".push.services.mozilla.com",
    ".notify.windows.com",
    ".push.apple.com",
)


@dataclass(frozen=True, slots=True)
class TwilioConfig:
    account_sid: str
    auth_token: str = field(repr=False)
    base_url: str
    from_: str = ""
    messaging_service_sid: str = ""
    at_once: int = 32


def twilio_config() -> TwilioConfig:
    if not settings.TWILIO_ACCOUNT_SID or not settings.TWILIO_AUTH_TOKEN:
        raise ChannelNotConfigured("SMS is not set up. Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.")
    return TwilioConfig(
        account_sid=settings.TWILIO_ACCOUNT_SID,
        auth_token=settings.TWILIO_AUTH_TOKEN,
        base_url=settings.TWILIO_BASE_URL.rstrip("/"),
        from_=settings.TWILIO_FROM,
        messaging_service_sid=getattr(settings, "TWILIO_MESSAGING_SERVICE_SID", ""),
    )


def whatsapp_config() -> TwilioConfig:
    if not settings.TWILIO_WHATSAPP_FROM:
        raise ChannelNotConfigured("WhatsApp is not set up. Set TWILIO_WHATSAPP_FROM.")
    return replace(twilio_config(), from_=settings.TWILIO_WHATSAPP_FROM)


@dataclass(frozen=True, slots=True)
class PushConfig:
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    subject: str
    sandbox_url: str = ""
    at_once: int = 32

    def knows(self, endpoint: str) -> bool:
        """Whether the address is a push service's: https, and one of theirs; or the sandbox's."""
        parts = urlsplit(endpoint)
        if self.sandbox_url:
            return f"{parts.scheme}://{parts.netloc}" == self.sandbox_url
        host = parts.hostname or ""
        listed = any(host.endswith(known) if known.startswith(".") else host == known for known in PUSH_HOSTS)
        return parts.scheme == "https" and parts.port in (None, 443) and not parts.username and listed


def push_config() -> PushConfig:
    return PushConfig(
        private_key=_vapid_key(Path(settings.SECRETS_DIR)),
        subject=f"mailto:{settings.DEFAULT_FROM_EMAIL}",
        sandbox_url=settings.MESSAGE_SANDBOX_URL.rstrip("/") if settings.SANDBOX else "",
    )


def public_key() -> str:
    """What a browser needs to subscribe: our public key, base64url."""
    return to_base64(raw_public(push_config().private_key.public_key()))


@cache
def _vapid_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Made once, by whoever needs it first. Losing it only means that people have to switch push on again."""
    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    create_once(folder / VAPID_KEY, made.decode())
    key = serialization.load_pem_private_key((folder / VAPID_KEY).read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ChannelNotConfigured("The key for push messages is not a P-256 key.")
    return key
