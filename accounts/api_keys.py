"""Making and finding API keys. Only a hash is kept; the key itself is shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from accounts.models import ApiKey, Creditor
from accounts.models.api_keys import SCOPES
from common.errors import InvalidInput

PREFIX_LENGTH = 12


def _hash(secret: str) -> str:
    """The secret is 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_api_key(name: str, *, creditor: Creditor | None, scopes: list[str]) -> tuple[ApiKey, str]:
    """(row, the key itself). The key is shown once and kept nowhere."""
    if unknown := set(scopes) - set(SCOPES):
        raise InvalidInput(f"Unknown scopes: {', '.join(sorted(unknown))}.", field="scopes")
    prefix = "ck_" + secrets.token_hex(4)[: PREFIX_LENGTH - 3]
    secret = secrets.token_urlsafe(32)
    row = ApiKey.objects.create(name=name, creditor=creditor, prefix=prefix, secret_hash=_hash(secret), scopes=scopes)
    return row, f"{prefix}.{secret}"


def find_key(text: str) -> ApiKey | None:
    prefix, _, secret = text.partition(".")
    row = ApiKey.objects.select_related("creditor").filter(prefix=prefix, revoked_at=None).first()
    known = row.secret_hash if row else _hash("")
    same = hmac.compare_digest(known, _hash(secret))
    return row if row and same else None
