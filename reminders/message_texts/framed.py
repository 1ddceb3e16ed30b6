"""E-mails as a mailbox shows them, for a frame that may do nothing: kept sealed for a few minutes, for one reader."""

from __future__ import annotations

from django.core.cache import cache

from accounts.models import User
from common.crypto.cipher import open_sealed, seal
from common.ids import new_token

MINUTES = 10
# Mail carries its styles inside and nothing else: no code, no forms, nothing from elsewhere, framed by our pages only.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox"
)


def _place(token: str, user: User) -> str:
    return f"mail-preview.{user.pk}.{token}"


def keep_document(html: str, *, user: User) -> str:
    """The token of its address."""
    token = new_token()
    place = _place(token, user)
    cache.set(place, seal(html, context=place), MINUTES * 60)
    return token


def document_of(token: str, *, user: User) -> str | None:
    """None when it is gone, or somebody else's."""
    place = _place(token, user)
    sealed = cache.get(place)
    return open_sealed(sealed, context=place) if sealed else None
