"""A person's decision about a deposit: one proposes, another confirms, since money moves. Every step is on record."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.deposits import booking
from payments.deposits.changing import move
from payments.deposits.recording import UNDECIDED
from payments.models import Attempt, Deposit
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services.ending import close_unsent
from payments.services.locking import lock_chain

Decision = Deposit.Decision
SHORTEST_REASON = 3
# A transaction as wallets show it: 64 hexadecimal digits, with or without the prefix.
_TRANSACTION = re.compile(r"(?:0x)?[0-9a-fA-F]{64}", re.ASCII)
# After the end of the page and the minutes of grace no transfer counts as in time any more.
SURELY_OVER = timedelta(minutes=10)
_AFTER = {Decision.CREDIT.value: "credited", Decision.RETURN.value: "to_return"}


def decisions_for(deposit: Deposit) -> list[str]:
    """What may be decided about it now; empty when it waits for nobody's decision."""
    if deposit.state == "gone":
        return [Decision.LEAVE.value]
    if deposit.state != "held":
        return []
    booked = deposit.entry_id is not None
    return [Decision.CREDIT.value, Decision.RETURN.value] if booked else [Decision.RETURN.value, Decision.LEAVE.value]


@transaction.atomic
def propose_decision(deposit: Deposit, decision: str, *, by: User, reason: str) -> Deposit:
    """To leave it where it is moves nothing and counts at once; everything else waits for a second person.

    Raises `Conflict` when the deposit does not wait for this decision (any more).
    """
    row = _locked(deposit)
    if decision not in decisions_for(row):
        raise Conflict(_("This cannot be decided here any more. Reload the page and look at it again."))
    row.decision, row.reason = decision, _said(reason)
    row.proposed_by, row.proposed_at, row.decided_by, row.decided_at = by, now(), None, None
    after = {"held": "left", "gone": "lost"}[row.state] if decision == Decision.LEAVE else "proposed"
    move(row, after, by=by, why=row.reason)
    _release(row.address.attempt)
    return row


@transaction.atomic
def confirm_decision(deposit: Deposit, *, by: User) -> Deposit:
    """Raises `Conflict` for the person who proposed it."""
    row = _locked(deposit)
    if row.state != "proposed":
        raise Conflict(_("There is no proposal to confirm any more. Reload the page and look at it again."))
    if row.proposed_by_id == by.pk:
        raise Conflict(_("Money moves here, so somebody else than you has to confirm it."))
    row.decided_by, row.decided_at = by, now()
    if row.decision == Decision.CREDIT:
        row.payment = booking.credit(row, by=by)
    move(row, _AFTER[row.decision], by=by, why=row.reason, proposed_by=row.proposed_by_id)
    _release(row.address.attempt)
    return row


@transaction.atomic
def put_back(deposit: Deposit, *, by: User, reason: str) -> Deposit:
    """Not like this: the proposal, or a return that cannot be made, goes back to the beginning."""
    row = _locked(deposit)
    if row.state not in ("proposed", "to_return"):
        raise Conflict(_("There is nothing to put back any more. Reload the page and look at it again."))
    said = _said(reason)
    row.decision = row.reason = ""
    row.proposed_by = row.proposed_at = row.decided_by = row.decided_at = None
    move(row, "held", by=by, why=said)
    return row


@transaction.atomic
def record_return(deposit: Deposit, *, by: User, transaction_id: str) -> Deposit:
    """The coins went back from the signing device; `transaction_id` is the transaction that carried them."""
    row = _locked(deposit)
    if row.state != "to_return":
        raise Conflict(_("This deposit is not to be returned (any more). Reload the page and look at it again."))
    given = transaction_id.strip()
    if not _TRANSACTION.fullmatch(given):
        raise InvalidInput(_("A transaction has 64 digits and letters from a to f."), field="transaction_id")
    row.return_reference = given.removeprefix("0x").lower()
    booking.post_return(row)
    move(row, "returned", by=by, returned_by=row.return_reference)
    return row


def _locked(deposit: Deposit) -> Deposit:
    attempt_id = Deposit.objects.values_list("address__attempt_id", flat=True).get(pk=deposit.pk)
    _account, _payment, attempt = lock_chain(attempt_id)
    row = Deposit.objects.select_related("address").select_for_update(of=("self",)).get(pk=deposit.pk)
    row.address.attempt = attempt
    return row


def _said(reason: str) -> str:
    words = reason.strip()[:200]
    if len(words) < SHORTEST_REASON:
        raise InvalidInput(_("Say why, so that others can follow it."), field="reason")
    return words


def _release(attempt: Attempt) -> None:
    """With the last of its deposits decided the payment waits for nobody, and the account is free for another."""
    waiting = Deposit.objects.filter(address__attempt=attempt, state__in=(*UNDECIDED, "gone")).exists()
    if waiting or not attempt.needs_person:
        return
    over = attempt.expires_at is not None and attempt.expires_at + SURELY_OVER < now()
    if attempt.state in OPEN_ATTEMPT_STATES and over:
        close_unsent(attempt, "deposits_decided")
        return
    attempt.needs_person = False
    attempt.look_up_at = now() if attempt.state in OPEN_ATTEMPT_STATES else None
    attempt.save(update_fields=["needs_person", "look_up_at"])
