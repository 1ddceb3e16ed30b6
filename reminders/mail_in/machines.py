"""Mail that no person wrote: out-of-office notes, lists, our own mail coming back, and reports of a bounce."""

from __future__ import annotations

import re
from email.message import Message as Mail
from email.utils import parseaddr

from django.conf import settings

_ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|abuse)\b", re.IGNORECASE)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ANSWERING_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Auto-Response", "X-Vacation", "List-Id", "X-Loop")
_STATUS = re.compile(r"^Status:\s*(\d\.\d{1,3}\.\d{1,3})\s*$", re.IGNORECASE | re.MULTILINE)
_FAILED = re.compile(r"^Action:\s*failed\s*$", re.IGNORECASE | re.MULTILINE)


def by_a_machine(mail: Mail, *, envelope_sender: str | None) -> bool:
    """RFC 3834 and what programs do beside it. When in doubt it is a machine's: it is kept by nobody and harms nobody,
    but a person who writes again is heard."""
    if (mail.get("Auto-Submitted") or "no").split(";")[0].strip().lower() != "no":
        return True
    if (mail.get("Precedence") or "").strip().lower() in _BULK or any(mail.get(name) for name in _ANSWERING_MACHINES):
        return True
    if envelope_sender == "" or mail.get_content_type() in ("multipart/report", "message/delivery-status"):
        return True
    return _is_a_robot(parseaddr(mail.get("From") or "")[1])


def _is_a_robot(address: str) -> bool:
    local, _at, domain = address.lower().rpartition("@")
    ours = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    return address.lower() == ours or domain == settings.INBOUND_MAIL_DOMAIN.lower() or bool(_ROBOTS.match(local))


def bounce_in(mail: Mail) -> str:
    """The enhanced status code of a failure this mail reports (RFC 3464), or ""."""
    if mail.get_content_type() != "multipart/report":
        return ""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            told = str(part.get_payload()) if not part.is_multipart() else "".join(map(str, part.get_payload()))
            status = _STATUS.search(told[:20_000])
            if status and _FAILED.search(told[:20_000]):
                return status.group(1)
    return ""
