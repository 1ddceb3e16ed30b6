"""Asking for a refund, and the second person's decision. Nothing leaves before both have spoken."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, Forbidden, InvalidInput
from common.ids import uuid7
from common.money import Money
from common.once import use_token
from payments.models import Attempt, Payment, Refund
from payments.models.refunds import REFUND_STATES
from payments.refunds.options import RefundRefused, choices_of, refuse_amount
from payments.services.locking import lock_chain, lock_payment
from payments.services.owed_refunds import owe_no_refund, owe_refund
from payments.services.refund_results import lock_refund, tell
from payments.services.shares import Source
from wallets.gateway import adapter
from wallets.models import Provider
from wallets.providers.base import ConfigError

__all__ = ["RefundRefused", "approve_refund", "reject_refund", "request_refund"]


@transaction.atomic
def request_refund(
    payment: Payment, *, amount: Money, purpose: str, way: str, reason: str, by: User, token: str = ""
) -> Refund | None:
    """Ask to give `amount` back. None when the form came before; raises `RefundRefused` when it cannot be done."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    payment, attempt = _lock(choices_of(payment).source)
    if not use_token(caller_of(by), token):
        return None
    choice = choices_of(payment)
    refuse_amount(choice, amount, purpose=purpose, way=way)
    refund = Refund.objects.create(
        payment=payment,
        attempt=attempt,
        provider=attempt.provider if attempt else None,
        merchant_reference=_new_reference(attempt.provider if attempt else None),
        amount_minor=amount.minor,
        currency=amount.currency,
        purpose=purpose,
        way=way,
        reason=reason.strip()[:200],
        requested_by=by,
    )
    _record("refund.requested", refund, by=by, why=refund.reason)
    return refund


@transaction.atomic
def approve_refund(refund: Refund, *, by: User, note: str = "") -> Refund:
    """The second person's yes. A wallet refund goes out with the next run; a transfer waits to be made."""
    row = lock_refund(refund.pk)
    if by.pk == row.requested_by_id:
        raise Forbidden(_("You asked for this refund, so somebody else has to agree to it."))
    _decide(row, "approved", by=by, note=note)
    if row.way == Refund.Way.WALLET:
        row.look_up_at = row.decided_at
    else:
        owe_refund(row)
    row.save(update_fields=["look_up_at", "entry", "undone"])
    _record("refund.approved", row, by=by, why=note)
    return row


@transaction.atomic
def reject_refund(refund: Refund, *, by: User, note: str) -> Refund:
    """The second person's no, or the first one's change of mind; possible until it is sent."""
    if not note.strip():
        raise InvalidInput(_("Say why, in a few words."), field="note")
    row = lock_refund(refund.pk)
    _decide(row, "rejected", by=by, note=note)
    row.look_up_at, row.finished_at, row.needs_person = None, row.decided_at, False
    owe_no_refund(row)
    row.save(update_fields=["look_up_at", "finished_at", "needs_person", "undone"])
    _record("refund.rejected", row, by=by, why=note)
    return row


def _decide(row: Refund, state: str, *, by: User, note: str) -> None:
    if not REFUND_STATES.allows(row.state, state) or row.state in ("sending", "unknown"):
        raise Conflict(_("This refund was decided already. Reload the page."), state=row.state)
    row.state, row.decided_by, row.decided_at, row.decision = state, by, now(), note.strip()[:200]
    row.save(update_fields=["state", "decided_by", "decided_at", "decision"])


def _record(kind: str, refund: Refund, *, by: User, why: str) -> None:
    tell(kind, refund, source="user", actor=by, why=why)


def _lock(source: Source) -> tuple[Payment, Attempt | None]:
    if isinstance(source, Payment):
        return lock_payment(source.pk), None
    _account, payment, attempt = lock_chain(source.pk)
    return payment, attempt


def _new_reference(provider: Provider | None) -> str:
    """In the provider's alphabet; a wallet that is not configured can only be refunded by transfer, under any name."""
    name = f"refund:{uuid7().hex}"
    try:
        return adapter(provider).merchant_ref(name) if provider else name
    except ConfigError:
        return name
