"""What a person does with a refund the machine left to them. The provider is asked once more before it counts."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.models import Refund
from payments.models.refunds import ASKED_REFUND_STATES
from payments.refunds.sending import look_up_refund
from payments.services.owed_refunds import owe_no_refund
from payments.services.refund_results import lock_refund, post_refund, tell


def ask_about_refund(refund: Refund, *, by: User) -> Refund:
    """Ask the wallet now. Not inside a transaction; raises when the wallet gives no answer."""
    return look_up_refund(refund.pk, source="user")


def send_refund_again(refund: Refund, *, by: User, reason: str) -> Refund:
    """Put one without a known outcome back in line, under its own number: the wallet pays a number once."""
    look_up_refund(refund.pk, source="user")
    with transaction.atomic(durable=True):
        row = _unanswered(refund, reason)
        if row.state != "approved":
            row.state, row.claimed_until = "approved", None
        row.look_up_at, row.needs_person, row.problem = now(), False, ""
        row.save(update_fields=["state", "claimed_until", "look_up_at", "needs_person", "problem"])
        tell("refund.sent_again", row, source="user", actor=by, why=reason)
    return row


def give_up_refund(refund: Refund, *, by: User, reason: str) -> Refund:
    """Close one for which no money left, after the wallet was asked once more. Money that went after all is posted."""
    look_up_refund(refund.pk, source="user")
    with transaction.atomic(durable=True):
        row = _unanswered(refund, reason)
        row.state = "failed" if row.state in ASKED_REFUND_STATES else "rejected"
        row.finished_at, row.look_up_at, row.claimed_until, row.needs_person = now(), None, None, False
        row.problem = "given_up"
        owe_no_refund(row)
        row.save(
            update_fields=["state", "finished_at", "look_up_at", "claimed_until", "needs_person", "problem", "undone"]
        )
        tell("refund.given_up", row, source="user", actor=by, why=reason)
    return row


def _unanswered(refund: Refund, reason: str) -> Refund:
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    row = lock_refund(refund.pk)
    if row.state not in ("approved", "sending", "unknown") or not row.needs_person:
        raise Conflict(_("This refund is not waiting for a person any more. Reload the page."), state=row.state)
    return row


@transaction.atomic
def see_refund(refund: Refund, *, by: User, reason: str) -> bool:
    """A person has dealt with a finished refund; False when there was nothing to do."""
    row = lock_refund(refund.pk)
    if not row.needs_person or row.state not in ("succeeded", "failed", "rejected"):
        return False
    row.needs_person = False
    row.save(update_fields=["needs_person"])
    tell("refund.reviewed", row, source="user", actor=by, why=reason)
    return True


@transaction.atomic
def record_transfer(refund: Refund, *, by: User, reference: str) -> Refund:
    """The approved transfer was made at the bank under `reference`: post it, once."""
    if not reference.strip():
        raise InvalidInput(_("Give the number of the transfer at the bank."), field="reference")
    row = lock_refund(refund.pk)
    if row.way != Refund.Way.TRANSFER or row.state != "approved":
        raise Conflict(_("This refund does not wait for a transfer. Reload the page."), state=row.state)
    row.provider_reference, row.sent_at = reference.strip()[:128], now()
    tell("refund.sent", row, source="user", actor=by)
    post_refund(row, source="user")
    return row
