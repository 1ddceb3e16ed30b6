"""Payers' claims at the wallet: each moves its own amount out once, and back once when it is decided for us.

The caller holds the locks: account, payment, attempt. A disputed account is left in peace until a person looks.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Hold
from accounts.services import place_hold
from common.clock import now
from payments.models import Attempt, Dispute
from payments.services.ending import drop_queued_debits
from payments.services.moving_back import post_back, post_out
from payments.services.reversing import TAKEN_BACK, rest_agreement, tell_taken_back
from payments.services.unsent_refunds import drop_what_no_longer_fits
from wallets.providers import base

WON, AGAIN = "dispute_won", "disputed_again"


def apply_disputes(attempt: Attempt, disputes: Sequence[base.Dispute], *, source: str) -> str:
    """What a person has to be told of what is new: taken_back, dispute_won, disputed_again, or "" for nothing."""
    news = [reason for said in disputes if (reason := _apply(attempt, said, source))]
    _follow(attempt)
    return news[-1] if news else ""


def _apply(attempt: Attempt, said: base.Dispute, source: str) -> str:
    row = Dispute.objects.filter(provider=attempt.provider, provider_reference=said.reference).first()
    if row is None:
        return _take(attempt, said, source) if said.gone else ""
    if said.gone:
        return AGAIN if row.returned_id else ""
    return "" if row.returned_id else _give_back(attempt, row, source)


def _take(attempt: Attempt, said: base.Dispute, source: str) -> str:
    if said.amount.currency != attempt.currency:
        return "amount_mismatch"
    account = attempt.payment.account
    key = f"dispute:{attempt.provider_id}:{said.reference}"[:80]
    drop_what_no_longer_fits(attempt, "disputed", coming=said.amount.minor)
    entry = post_out("dispute", attempt, said.amount.minor, key=key, reason=TAKEN_BACK, dispute=said.reference)
    Dispute.objects.create(
        attempt=attempt,
        provider=attempt.provider,
        provider_reference=said.reference,
        amount_minor=said.amount.minor,
        currency=said.amount.currency,
        reason=said.reason[:80],
        entry=entry,
    )
    tell_taken_back(attempt, said.amount, entry=entry, source=source)
    rest_agreement(attempt)
    leave_in_peace(account)
    return "disputed"


def leave_in_peace(account: Account) -> None:
    """The payer says the payment was not right: no contact, no debit, no interest until a person has looked."""
    drop_queued_debits(account, reason="disputed")
    running = Hold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now()), account=account, kind="dispute")
    if not running.exists():
        place_hold(account, kind="dispute", reason=_("The payer disputed a payment."), by=None, source="system")


def _give_back(attempt: Attempt, row: Dispute, source: str) -> str:
    account = attempt.payment.account
    row.returned = post_back(
        "dispute_reversal",
        attempt,
        row.amount_minor,
        key=f"dispute:{row.pk}:returned",
        dispute=row.provider_reference,
    )
    row.returned_at = now()
    row.save(update_fields=["returned", "returned_at"])
    record_event(
        "payment.given_back",
        account=account,
        source=source,
        payment=attempt.payment.reference,
        amount_minor=row.amount_minor,
        currency=row.currency,
        provider=attempt.provider.key,
        balance_minor=account.balance_minor,
    )
    return WON


def open_disputes(attempt: Attempt) -> int:
    """What is in dispute now, in minor units."""
    return attempt.disputes.filter(returned=None).aggregate(minor=Sum("amount_minor"))["minor"] or 0


def _follow(attempt: Attempt) -> None:
    """All of it in dispute: taken back. Less: it still counts as received."""
    state = "reversed" if open_disputes(attempt) >= attempt.amount_minor else "succeeded"
    payment = attempt.payment
    if attempt.state == state:
        return
    attempt.state = state
    attempt.save(update_fields=["state"])
    others = payment.attempts.filter(state="succeeded").exclude(pk=attempt.pk)
    if payment.state != state and not (state == "reversed" and others.exists()):
        payment.state = state
        payment.save(update_fields=["state"])
