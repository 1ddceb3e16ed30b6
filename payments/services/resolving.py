"""A person's decision about an attempt the machine left to them. The provider is asked once more before it counts."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from common.clock import now
from common.errors import Conflict, PlatformError
from payments.models import Attempt, Deposit
from payments.models.deposits import WAITING_DEPOSITS
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services.closing import close_attempt
from payments.services.ending import close_unsent
from payments.services.locking import lock_chain

logger = logging.getLogger(__name__)


def give_up_attempt(attempt: Attempt, *, by: User, reason: str) -> Attempt:
    """End an open attempt for which no money came, so that the account is free again. Not inside a transaction.

    The wallet ends it first where it can: a debit it could still make would come after all. Raises `Conflict` when the
    attempt is not left to a person, or money came to its address that nobody decided about. Money that arrives later
    is still posted.
    """
    if not attempt.needs_person:
        raise Conflict(_("This payment is not waiting for a person."))
    if Deposit.objects.filter(address__attempt=attempt, state__in=WAITING_DEPOSITS).exists():
        raise Conflict(_("Money came to its address. Decide first what becomes of that deposit."))
    _end_at_wallet(attempt)
    with transaction.atomic(durable=True):
        _account, payment, row = lock_chain(attempt.pk)
        if row.state == "sending" and row.claimed_until and row.claimed_until > now():
            raise Conflict(_("This payment is being sent right now. Look again in two minutes."))
        if row.state in OPEN_ATTEMPT_STATES:
            close_unsent(row, "given_up", decided=True)
        if row.state != "succeeded":
            record_event("payment.given_up", account=payment.account, actor=by, payment=payment.reference, why=reason)
    row.refresh_from_db()
    return row


def _end_at_wallet(attempt: Attempt) -> None:
    """A wallet that gives no answer does not stop a person's decision."""
    if attempt.state not in OPEN_ATTEMPT_STATES:
        return
    try:
        close_attempt(attempt, source="user")
    except PlatformError as error:
        logger.warning("given up without the wallet's word", extra={"attempt": attempt.pk, "code": error.code})


@transaction.atomic
def mark_seen(attempt: Attempt, *, by: User, reason: str) -> bool:
    """A person has dealt with a finished attempt (a late or surplus payment); False when there was nothing to do."""
    _account, payment, row = lock_chain(attempt.pk)
    if not row.needs_person or row.state in OPEN_ATTEMPT_STATES:
        return False
    row.needs_person = False
    row.save(update_fields=["needs_person"])
    record_event("payment.reviewed", account=payment.account, actor=by, payment=payment.reference, why=reason)
    return True
