"""Switching a wallet provider off and on: at once, with a reason, on the record."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.errors import Conflict, InvalidInput
from common.once import use_token
from wallets.models import PROVIDER_STATES, Provider


@transaction.atomic
def set_provider_status(provider: Provider, *, status: str, reason: str, by: User, token: str = "") -> None:
    """Compare-and-set: nobody overwrites a change they have not seen. Raises `IllegalTransition` or `Conflict`."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not use_token(caller_of(by), token):
        return
    PROVIDER_STATES.check(provider.status, status)
    rows = Provider.objects.filter(pk=provider.pk, status=provider.status)
    if not rows.update(status=status, status_reason=reason.strip()[:200]):
        raise Conflict(_("Somebody changed this provider a moment ago. Look at it again."))
    record_event(
        f"provider.{status}", actor=by, source="staff", provider=provider.key, before=provider.status, why=reason[:200]
    )
