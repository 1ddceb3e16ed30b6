"""From a wallet's clearing to the trust account. A wallet pays out one sum for all creditors.

It is divided among those whose money the wallet holds, in proportion and exactly; nobody is given more than the wallet
holds for them. One person records what the bank booked, another confirms it, and only then is it posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.ledger import Line, NewEntry, post_entries, reverse_entry
from payments.models import JournalEntry, LedgerAccount, TrustTransfer
from payments.models.trust import TRANSFER, TRANSFER_STATES
from payments.reconciliation.matching import lock_books
from payments.trust.balances import with_wallet
from wallets.models import Provider

Kind = LedgerAccount.Kind
SHORTEST_REASON = 3
# Within the day by every bank's clock.
NOON = time(12, tzinfo=UTC)


@transaction.atomic
def record_arrival(
    provider: Provider, *, amount: Money, bank_reference: str, arrived_on: date, by: User
) -> TrustTransfer:
    """What the bank says has arrived from this wallet. Waits for a second person."""
    lock_books(provider)
    reference = bank_reference.strip()[:80]
    if amount.minor <= 0:
        raise InvalidInput(_("Enter the amount that arrived."), field="amount")
    if len(reference) < SHORTEST_REASON:
        raise InvalidInput(_("Enter the bank's reference of the transfer."), field="bank_reference")
    if arrived_on > today() + timedelta(days=1):
        raise InvalidInput(_("This day has not come yet."), field="arrived_on")
    known = TrustTransfer.objects.filter(provider=provider, currency=amount.currency, bank_reference=reference)
    if known.exclude(state="rejected").exists():
        raise InvalidInput(_("A transfer with this reference is recorded already."), field="bank_reference")
    held = _held(provider, amount.currency)
    if held < amount:
        raise InvalidInput(_too_much(held), field="amount")
    row = TrustTransfer.objects.create(
        provider=provider,
        amount_minor=amount.minor,
        currency=amount.currency,
        arrived_on=arrived_on,
        bank_reference=reference,
        recorded_by=by,
    )
    _tell(row, by)
    return row


@transaction.atomic
def confirm_arrival(transfer: TrustTransfer, *, by: User) -> TrustTransfer:
    """Posts it. Raises `Conflict` for who recorded it, and while our books say that the wallet holds less."""
    row = _locked(transfer)
    if row.state == "recorded" and row.recorded_by_id == by.pk:
        raise Conflict(_("Money moves here, so somebody else than you has to confirm it."))
    _move(row, "confirmed")
    held = with_wallet(row.provider, row.currency)
    if sum(held.values()) < row.amount_minor:
        raise Conflict(_too_much(Money(max(0, sum(held.values())), row.currency)))
    post_entries(_entries(row, held))
    _finish(row, by)
    return row


@transaction.atomic
def reject_arrival(transfer: TrustTransfer, *, reason: str, by: User) -> TrustTransfer:
    """It was a mistake; nothing has been posted."""
    row = _locked(transfer)
    _move(row, "rejected")
    row.reason = _said(reason)
    _finish(row, by)
    return row


@transaction.atomic
def return_arrival(transfer: TrustTransfer, *, reason: str, by: User) -> TrustTransfer:
    """The bank took it back: what was posted is mirrored. Raises `Conflict` for who recorded it."""
    row = _locked(transfer)
    if row.state == "confirmed" and row.recorded_by_id == by.pk:
        raise Conflict(_("You recorded this, so somebody else has to take it back."))
    _move(row, "returned")
    row.reason = _said(reason)
    for entry in _posted(row):
        reverse_entry(entry, effective_at=now(), transfer=row.reference)
    _finish(row, by)
    return row


def _held(provider: Provider, currency: str) -> Money:
    return Money(max(0, sum(with_wallet(provider, currency).values())), currency)


def _too_much(held: Money) -> str:
    return _(
        "By our books this wallet holds only %(amount)s. Settle the differences with its statement first: fees and"
        " payments nobody knew may be missing."
    ) % {"amount": held}


def _entries(row: TrustTransfer, held: dict[int, int]) -> Sequence[NewEntry]:
    """In the order of creditors. Only whose money is there has a part in it."""
    creditors = sorted(pk for pk, minor in held.items() if minor > 0)
    parts = row.amount.split([held[pk] for pk in creditors])
    return [
        NewEntry(
            kind=TRANSFER,
            idempotency_key=f"trust:{row.pk}:{creditor_id}",
            creditor_id=creditor_id,
            currency=row.currency,
            effective_at=datetime.combine(row.arrived_on, NOON),
            lines=[
                Line(Kind.TRUST, part.minor),
                Line(Kind.CLEARING, -part.minor, qualifier=row.provider.key),
            ],
            data={"transfer": row.reference},
        )
        for creditor_id, part in zip(creditors, parts, strict=True)
        if part.minor
    ]


def _posted(row: TrustTransfer) -> Sequence[JournalEntry]:
    places = LedgerAccount.objects.filter(kind=Kind.TRUST, currency=row.currency).values_list("creditor", flat=True)
    keys = [f"trust:{row.pk}:{creditor_id}" for creditor_id in set(places)]
    return list(JournalEntry.objects.filter(idempotency_key__in=keys).order_by("creditor_id"))


def _locked(transfer: TrustTransfer) -> TrustTransfer:
    """With the wallet's books: nobody else posts its fees or divides what it holds meanwhile."""
    lock_books(transfer.provider)
    return TrustTransfer.objects.select_related("provider").select_for_update(of=("self",)).get(pk=transfer.pk)


def _move(row: TrustTransfer, after: str) -> None:
    if not TRANSFER_STATES.allows(row.state, after):
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    row.state = after


def _finish(row: TrustTransfer, by: User) -> None:
    row.decided_by, row.decided_at = by, now()
    row.save()
    _tell(row, by)


def _tell(row: TrustTransfer, by: User) -> None:
    about: dict[str, Any] = {"transfer": row.reference, "provider": row.provider.key}
    about |= {"amount_minor": row.amount_minor, "currency": row.currency}
    record_event(f"trust.{row.state}", actor=by, source="user", **about, bank=row.bank_reference, why=row.reason)


def _said(reason: str) -> str:
    words = reason.strip()[:200]
    if len(words) < SHORTEST_REASON:
        raise InvalidInput(_("Say why, so that others can follow it."), field="reason")
    return words
