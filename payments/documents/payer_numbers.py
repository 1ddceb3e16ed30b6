"""The number under which payers find a payment in their own wallet; what only we or the provider know is not shown."""

from __future__ import annotations

from collections.abc import Callable

from payments.models import Attempt, Deposit, Payment, ProviderEvent
from wallets.models import Provider

LONG = 24
HEAD, TAIL = 10, 8
# The codes M-Pesa writes into the message on the payer's phone, as its notices name them.
MPESA_CODES = ("MpesaReceiptNumber", "TransID")
UNBELIEVED = ("refused", "received")


def payer_number(attempt: Attempt) -> str:
    """Empty where the wallet shows the payer no number of its own."""
    return _FINDERS.get(attempt.provider.key, _provider_reference)(attempt)


def deposit_of(payment: Payment) -> Deposit | None:
    """What a payment that a person credited by hand came from."""
    return payment.deposits.select_related("address__attempt__provider").first()


def wallet_and_number(payment: Payment) -> tuple[Provider | None, str]:
    attempt = payment.attempts.select_related("provider").filter(state__in=["succeeded", "reversed"]).first()
    if attempt:
        return attempt.provider, payer_number(attempt)
    deposit = deposit_of(payment)
    return (deposit.address.attempt.provider, _shown(deposit)) if deposit else (None, "")


def shortened(number: str) -> str:
    """Enough of a long number to know it again."""
    return number if len(number) <= LONG else f"{number[:HEAD]}…{number[-TAIL:]}"


def _provider_reference(attempt: Attempt) -> str:
    return attempt.provider_reference


def _nothing(attempt: Attempt) -> str:
    return ""


def _transaction(attempt: Attempt) -> str:
    """Of the transfer that completed the payment."""
    rows = Deposit.objects.filter(address__attempt=attempt, kind=Deposit.Kind.QUOTED, final=True)
    paid = rows.filter(state__in=["counted", "gone", "lost"]) | rows.filter(problem="overpaid")
    found = paid.order_by("position", "log_index").last()
    return _shown(found) if found else ""


def _shown(deposit: Deposit) -> str:
    """As the wallets of that chain write it."""
    return f"0x{deposit.transaction}" if deposit.network == "ethereum" else deposit.transaction


def _mpesa_code(attempt: Attempt) -> str:
    notices = ProviderEvent.objects.filter(provider=attempt.provider, merchant_reference=attempt.merchant_reference)
    for facts in notices.exclude(outcome__in=UNBELIEVED).order_by("pk").values_list("facts", flat=True):
        fields = facts.get("fields", {})
        code = next((str(fields[name]) for name in MPESA_CODES if fields.get(name)), "")
        if code:
            return code
    return ""


_FINDERS: dict[str, Callable[[Attempt], str]] = {
    "usdt_eth": _transaction,
    "usdt_tron": _transaction,
    "mpesa": _mpesa_code,
    "stripe": _nothing,
}
