"""Keeps personal data out of the logs: by the name of the value, and by its shape wherever it hides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"

IDENTITY = {"name", "first_name", "last_name", "full_name", "birth_year", "birth_date", "date_of_birth", "national_id"}
CONTACT = {"email", "e_mail", "phone", "mobile", "msisdn", "address", "street", "postcode", "to", "recipient", "sender"}
CONTENT = {"body", "text", "subject", "html", "plaintext"}
SIGN_IN = {"password", "passphrase", "otp", "cookie", "set_cookie", "sessionid", "csrfmiddlewaretoken"}
CREDENTIALS = {"token", "authorization", "proxy_authorization", "secret", "api_key", "x_api_key", "signature"}
PRIVATE_KEYS = frozenset(IDENTITY | CONTACT | CONTENT | SIGN_IN | CREDENTIALS)
PRIVATE_ENDINGS = ("_name", "_email", "_phone", "_address", "_token", "_password", "_secret")
PUBLIC_KEYS = frozenset(
    f"{thing}_name" for thing in ("logger", "task", "event", "host", "queue", "rule", "provider", "command", "field")
)

_DEEPEST = 6
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
_PATTERNS = (
    r"(?P<bearer>\b(?:bearer|basic|token)\s+)[\w.~+/=-]{8,}",
    r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+",
    r"\beyJ[\w-]+\.[\w-]+\.[\w-]*",
    r"(?P<parameter>[?&;](?:token|key|signature|sign|code|email|phone|name)=)[^&\s\"']+",
    rf"(?P<harmless>\b{_UUID}\b|(?<![\w.]){_TIME}(?!\w)|{_IPV4})",
    r"(?<![\w.])\(?\+?\d(?:[ ().-]{0,2}\d){7,}(?![\w])",
)
_PRIVATE_SHAPE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)


def redact_event(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """structlog processor, for after exceptions have become text. Keys with `_` are structlog's own and pass."""
    return {key: value if key.startswith("_") else _redacted(key, value, depth=0) for key, value in event.items()}


def redact_text(text: str) -> str:
    """Text without e-mail addresses, phone and card numbers, credentials; ids and times stay readable."""
    return _PRIVATE_SHAPE.sub(_replacement, text)


def is_private_key(key: str) -> bool:
    plain = key.lower().replace("-", "_")
    return plain in PRIVATE_KEYS or (plain.endswith(PRIVATE_ENDINGS) and plain not in PUBLIC_KEYS)


def _redacted(key: Any, value: Any, *, depth: int) -> Any:
    if isinstance(key, str) and is_private_key(key) and value not in (None, ""):
        return REDACTED
    return _without_private_shapes(value, depth=depth)


def _without_private_shapes(value: Any, *, depth: int) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return redact_text(value.decode(errors="replace"))
    if value is None or isinstance(value, bool | int | float) or depth >= _DEEPEST:
        return value if not isinstance(value, Mapping | list | tuple | set | frozenset) else REDACTED
    if isinstance(value, Mapping):
        return {key: _redacted(key, inner, depth=depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_private_shapes(inner, depth=depth + 1) for inner in value]
    return redact_text(str(value))


def _replacement(match: re.Match[str]) -> str:
    if match["harmless"]:
        return match["harmless"]
    return f"{match['bearer'] or match['parameter'] or ''}{REDACTED}"
