"""The number under which payers find a payment in their own wallet; what only we or the provider know is not shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payments.deposits.networks import written
from payments.models import Attempt, Deposit, Payment, ProviderEvent
from wallets.providers.registry import facts_of

LONG = 24
HEAD, TAIL = 10, 8
UNBELIEVED = ("refused", "received")


def payer_number(attempt: Attempt) -> str:
    """Empty where the wallet shows the payer no number of its own."""
    facts = facts_of(attempt.provider.key)
    if facts.network:
        return _transaction(attempt)
    return facts.payer_number(attempt.provider_reference, _notices(attempt))


def deposit_of(payment: Payment) -> Deposit | None:
    """What a payment that a person credited by hand came from."""
    return payment.deposits.select_related("address__attempt__provider").first()


def wallet_and_number(payment: Payment) -> tuple[str, str]:
    """The wallet as its owner knows it, and its number of the payment."""
    attempt = payment.attempts.select_related("provider").filter(state__in=["succeeded", "reversed"]).first()
    if attempt:
        return attempt.wallet_words, payer_number(attempt)
    deposit = deposit_of(payment)
    return (deposit.address.attempt.provider.display_name, _shown(deposit)) if deposit else ("", "")


def shortened(number: str) -> str:
    """Enough of a long number to know it again."""
    return number if len(number) <= LONG else f"{number[:HEAD]}…{number[-TAIL:]}"


def _transaction(attempt: Attempt) -> str:
    """Of the transfer to an address of ours that completed the payment."""
    rows = Deposit.objects.filter(address__attempt=attempt, kind=Deposit.Kind.QUOTED, final=True)
    paid = rows.filter(state__in=["counted", "gone", "lost"]) | rows.filter(problem="overpaid")
    found = paid.order_by("position", "log_index").last()
    return _shown(found) if found else ""


def _shown(deposit: Deposit) -> str:
    """As the wallets of that chain write it."""
    return written(deposit.network, deposit.transaction)


def _notices(attempt: Attempt) -> Iterator[Mapping[str, Any]]:
    """What the believed ones among the wallet's notices said, the first one first."""
    rows = ProviderEvent.objects.filter(provider=attempt.provider, merchant_reference=attempt.merchant_reference)
    for facts in rows.exclude(outcome__in=UNBELIEVED).order_by("pk").values_list("facts", flat=True):
        yield facts.get("fields", {})
