"""Where the answer to one e-mail of ours goes: an address that names the message and cannot be guessed.

`reply+<message and signature>@INBOUND_MAIL_DOMAIN`. Mail programs change the case of addresses, so the token has none.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from email.utils import getaddresses

from django.conf import settings
from django.utils.crypto import salted_hmac

PREFIX = "reply+"
_SALT = "reminders.reply-address"
_ID_BYTES, _SIGNATURE_BYTES = 8, 10  # 80 bits are far beyond what anyone can try by mail


def reply_address(message_id: str) -> str:
    """Empty where no domain is set up for answers, or for a message that is no row of ours."""
    if not settings.INBOUND_MAIL_DOMAIN or not message_id.isdecimal():
        return ""
    key = int(message_id).to_bytes(_ID_BYTES, "big")
    token = base64.b32encode(key + _signature(key)).decode().rstrip("=").lower()
    return f"{PREFIX}{token}@{settings.INBOUND_MAIL_DOMAIN}"


def message_answered(addresses: Iterable[str]) -> int | None:
    """The message named by one of the addresses a mail was sent to; None for anything not signed by us."""
    for _name, address in getaddresses([one for one in addresses if one]):
        local, _at, domain = address.lower().rpartition("@")
        ours = domain == settings.INBOUND_MAIL_DOMAIN.lower() and local.startswith(PREFIX)
        if ours and (found := _read(local.removeprefix(PREFIX))):
            return found
    return None


def _read(token: str) -> int | None:
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    key, given = raw[:_ID_BYTES], raw[_ID_BYTES:]
    return int.from_bytes(key, "big") if hmac.compare_digest(given, _signature(key)) else None


def _signature(key: bytes) -> bytes:
    return salted_hmac(_SALT, key, algorithm="sha256").digest()[:_SIGNATURE_BYTES]
