"""A payer's claim at the wallet that has moved no money yet: the account is left in peace, and a person is told."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Event
from payments.services.disputing import leave_in_peace
from payments.services.locking import lock_chain
from payments.services.outcomes import Applied, leave_to_person
from wallets.providers.base import Claim

REASONS = {Claim.OPEN: "disputed", Claim.OVER: "dispute_over"}


@transaction.atomic
def apply_claim(attempt_id: int, claim: Claim, *, source: str) -> Applied:
    """The first word of a claim puts the account on hold; a hold that a person has ended is not placed again.

    Money moves when the look-up says that it did, never by a claim.
    """
    account, _payment, attempt = lock_chain(attempt_id)
    told = Event.objects.filter(account=account, kind="payment.needs_person", data__attempt=attempt.pk)
    if claim is Claim.OPEN and not told.filter(data__reason=REASONS[claim]).exists():
        leave_in_peace(account)
    return leave_to_person(attempt_id, REASONS[claim], source)
