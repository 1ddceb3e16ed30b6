"""A debtor says that something is wrong: everything stops at once, and a person looks at it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from accounts.events import record_event
from accounts.models import Account, Hold
from accounts.services import place_hold
from common.clock import now
from compliance.services import lock_debtor
from payments.services.locking import lock_account

KIND = Hold.Kind.DISPUTE.value


@transaction.atomic
def raise_dispute(account: Account, *, reason: str, link_id: int) -> bool:
    """Hold the account from now on and put the dispute on record. False when it was on hold for a dispute already.

    Locks the person (so that no message slips out) and the account (so that no debit does).
    """
    lock_debtor(account.debtor_id)
    lock_account(account.pk)
    if active_dispute(account):
        return False
    place_hold(account, kind=KIND, reason=f"said by the debtor: {reason}", by=None, source="debtor")
    record_event("dispute.raised", account=account, source="debtor", reason=reason, link=link_id)
    return True


def active_dispute(account: Account) -> Hold | None:
    holds = Hold.objects.filter(account=account, kind=KIND, starts_at__lte=now())
    return holds.filter(Q(ends_at=None) | Q(ends_at__gt=now())).first()
