"""Stripe's books: the balance transactions of one UTC day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from common.http import Operation
from common.money import Money
from wallets.providers.messages import StatementLine
from wallets.providers.stripe import lookup, reading, requests
from wallets.providers.stripe.amounts import from_stripe
from wallets.providers.stripe.client import Client, Fields
from wallets.providers.vocabulary import EventKind

MOST_PAGES = 500
READY_AFTER = timedelta(hours=1)
KINDS = {
    "charge": EventKind.PAYMENT,
    "payment": EventKind.PAYMENT,
    "refund": EventKind.REFUND,
    "payment_refund": EventKind.REFUND,
}
# Moves between Stripe and our bank, or Stripe's own invoices: no payment of a debtor.
NOT_OURS = frozenset({"payout", "payout_failure", "payout_cancel", "stripe_fee", "tax_fee", "topup", "topup_reversal"})


def begins(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def lines(client: Client, day: date) -> Operation[Sequence[StatementLine]]:
    first, end = begins(day), begins(day + timedelta(days=1))
    span = {"gte": int(first.timestamp()), "lt": int(end.timestamp())}
    asked = {"created": span, "limit": lookup.PAGE, "expand": ["data.source"]}
    booked = yield from client.pages(
        lambda api, after: api.balance_transactions.list_async({**asked, **after}), MOST_PAGES
    )
    found = []
    for entry in reversed(booked):
        if entry.get("type") not in NOT_OURS:
            found.append((yield from _line(client, entry)))
    return found


def _line(client: Client, entry: Fields) -> Operation[StatementLine]:
    expanded = entry.get("source")
    source = expanded if isinstance(expanded, dict) else {}
    payment = reading.name_of(source.get("payment_intent"))
    reference = reading.mark(source)
    if source.get("object") == "dispute" and payment:
        # A dispute does not carry our mark; the payment it is about does.
        intent = yield from lookup.one(client, lambda api: api.payment_intents.retrieve_async(payment))
        reference = reading.mark(intent or {})
    with lookup.readable():
        return StatementLine(
            kind=KINDS.get(str(entry.get("type")), EventKind.OTHER),
            merchant_ref=reference,
            provider_ref=payment or reading.name_of(expanded) or str(entry["id"]),
            refund_ref=reading.mark(source, requests.REFUND),
            amount=moved(entry, source),
            fee=from_stripe(int(entry["fee"]), entry["currency"]),
            booked_at=datetime.fromtimestamp(entry["created"], UTC),
        )


def moved(entry: Fields, source: Fields) -> Money:
    """In the currency that was paid: the balance may be kept in another one."""
    if "amount" not in source or source.get("currency") == entry["currency"]:
        return from_stripe(entry["amount"], entry["currency"])
    paid = from_stripe(source["amount"], source["currency"])
    return paid if entry["amount"] >= 0 else -paid
