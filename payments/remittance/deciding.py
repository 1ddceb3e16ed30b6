"""A person's part: one approves what another drafted, a third step pays, and all but the paid can be cancelled."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.models import Remittance
from payments.remittance.booking import post_approval, post_payout, undo_approval
from payments.remittance.changing import move
from payments.remittance.locking import last_standing, lock_remittance

SHORTEST_REASON = 3


@transaction.atomic
def approve(remittance: Remittance, *, by: User) -> Remittance:
    """Posts commission and fees. Raises `Conflict` for the person who drafted it, and while an earlier one waits."""
    row = lock_remittance(remittance)
    if row.state in ("approved", "carried") and row.approved_by_id == by.pk:
        return row
    _expect(row, "draft")
    if row.drafted_by_id == by.pk:
        raise Conflict(_("You drafted this, so somebody else has to approve it."))
    if row.previous and row.previous.state == "draft":
        raise Conflict(_("The remittance before this one is still a draft. Approve that one first."))
    row.approved_by, row.approved_at = by, now()
    row.entry = post_approval(row)
    move(row, "approved" if row.payout_minor else "carried", by=by)
    return row


@transaction.atomic
def mark_paid(remittance: Remittance, *, by: User, bank_reference: str) -> Remittance:
    """Posts the pay-out; `bank_reference` is the bank's own. Raises `Conflict` for the person who approved it."""
    row = lock_remittance(remittance)
    reference = bank_reference.strip()[:80]
    if row.state == "paid" and row.bank_reference == reference:
        return row
    _expect(row, "approved")
    if row.approved_by_id == by.pk:
        raise Conflict(_("You approved this, so somebody else has to pay it."))
    if row.drafted_by_id == by.pk:
        raise Conflict(_("You drafted this, so somebody else has to pay it."))
    if len(reference) < SHORTEST_REASON:
        raise InvalidInput(_("Enter the bank's reference of the transfer."), field="bank_reference")
    row.paid_by, row.paid_at, row.bank_reference = by, now(), reference
    row.payout_entry = post_payout(row)
    move(row, "paid", by=by, bank_reference=reference)
    return row


@transaction.atomic
def cancel(remittance: Remittance, *, by: User, reason: str) -> Remittance:
    """Undoes what was posted and frees the postings for a new draft. Raises `Conflict` unless it is the last one."""
    row = lock_remittance(remittance)
    if row.state == "cancelled":
        return row
    if row.state == "paid":
        raise Conflict(_("The money has gone out, so this cannot be cancelled. What changes later goes into the next."))
    last = last_standing(row.creditor_id, row.currency)
    if last and last.pk != row.pk:
        raise Conflict(_("A later remittance builds on this one. Cancel that one first."))
    words = reason.strip()[:200]
    if len(words) < SHORTEST_REASON:
        raise InvalidInput(_("Say why, so that others can follow it."), field="reason")
    undo_approval(row)
    row.lines.update(live=False)
    row.cancelled_by, row.cancelled_at, row.reason = by, now(), words
    move(row, "cancelled", by=by, why=words)
    return row


def _expect(row: Remittance, state: str) -> None:
    if row.state != state:
        raise Conflict(_("This remittance has moved on meanwhile. Reload the page and look at it again."))
