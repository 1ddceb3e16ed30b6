"""What a statement and a receipt say, read from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from common.errors import NotFound
from common.money import Money
from payments.documents.payer_numbers import shortened, wallet_and_number
from payments.models import Deposit, LedgerAccount, Payment, Posting

KINDS: dict[str, Promise] = {
    "placement": gettext_lazy("Handed over to us"),
    "balance_adjustment": gettext_lazy("Correction by the creditor"),
    "payment": gettext_lazy("Your payment. Thank you"),
    "payment_reversal": gettext_lazy("Payment taken back"),
    "payment_misplaced": gettext_lazy("Payment was not for this account"),
    "placement_reversal": gettext_lazy("Amount withdrawn"),
    "interest": gettext_lazy("Interest"),
    "fee": gettext_lazy("Fee"),
    "accrual": gettext_lazy("Interest and fees"),
    "replay": gettext_lazy("Worked out again after a late entry"),
    "waiver": gettext_lazy("Amount waived"),
    "settlement": gettext_lazy("Settlement"),
    "settlement_reversal": gettext_lazy("Settlement taken back"),
    "write_off": gettext_lazy("Written off"),
    "write_off_reversal": gettext_lazy("Owed again: no longer written off"),
    "write_off_undone": gettext_lazy("Owed again: no longer written off"),
    "handed_back": gettext_lazy("Handed back to the creditor"),
    "handed_back_undone": gettext_lazy("Handed over to us again"),
    "recovery": gettext_lazy("You paid after it was given up"),
    "recovery_undone": gettext_lazy("Given up again"),
    "refund": gettext_lazy("Refund"),
    "refund_reversal": gettext_lazy("Refund that came back to us"),
    "dispute": gettext_lazy("Payment disputed at the wallet"),
    "dispute_reversal": gettext_lazy("Disputed payment returned to us"),
    "surplus_moved": gettext_lazy("Set off from another account of yours"),
}
COMPONENTS: dict[str, Promise] = {
    "principal": gettext_lazy("What was borrowed or bought"),
    "interest": gettext_lazy("Interest"),
    "fees": gettext_lazy("Fees"),
    "costs": gettext_lazy("Costs"),
}


@dataclass(frozen=True)
class Line:
    """`amount` raises (positive) or lowers what is owed; `balance` is what is owed after it."""

    entry_id: int
    kind: str
    label: str
    at: datetime
    amount: Money
    balance: Money
    reference: str


@dataclass(frozen=True)
class Receipt:
    """`parts` say what the payment was set against; `balance_after` is what was owed right after it."""

    number: str
    payment: Payment
    wallet: str
    wallet_reference: str
    paid_at: datetime
    parts: list[tuple[str, Money]]
    balance_after: Money

    @property
    def wallet_reference_short(self) -> str:
        return shortened(self.wallet_reference)


def statement_lines(account: Account) -> list[Line]:
    """Every movement of the debt by day, with the running balance; the last one is the account's balance.

    Within a day in the order we learned of them: a wallet's clock is a little off ours, and knows whole seconds only.
    """
    return list(_running(account))


def _running(account: Account) -> Iterator[Line]:
    owed = LedgerAccount.Kind.RECEIVABLE
    rows = Posting.objects.filter(account=account, ledger_account__kind=owed).values(
        "entry_id", "entry__kind", "entry__effective_at", "entry__data"
    )
    balance = 0
    for row in rows.annotate(minor=Sum("amount_minor")).order_by("entry__effective_at__date", "entry_id"):
        balance += row["minor"]
        kind = row["entry__kind"]
        yield Line(
            entry_id=row["entry_id"],
            kind=kind,
            label=str(KINDS.get(kind) or kind.replace("_", " ").capitalize()),
            at=row["entry__effective_at"],
            amount=Money(row["minor"], account.currency),
            balance=Money(balance, account.currency),
            reference=str(row["entry__data"].get("payment", "")),
        )


def undecided_of(account: Account) -> Money:
    """Coins that came outside a quote and wait for a decision, at the quoted rate."""
    held = Deposit.objects.filter(
        address__attempt__payment__account=account, state__in=["held", "proposed", "to_return"], entry__isnull=False
    )
    return Money(held.aggregate(minor=Sum("worth_minor"))["minor"] or 0, account.currency)


def receipt_of(payment: Payment) -> Receipt:
    """Raises `NotFound` until the money has arrived."""
    entry = payment.entry
    if entry is None or payment.state not in ("succeeded", "reversed"):
        raise NotFound(_("There is no receipt: this payment has not arrived."))
    wallet, number = wallet_and_number(payment)
    shares = entry.data.get("allocation", {})
    parts = [(str(COMPONENTS[name]), Money(minor, payment.currency)) for name, minor in shares.items()]
    if surplus := entry.data.get("suspense"):
        parts.append((_("More than was owed"), Money(surplus, payment.currency)))
    after = [line.balance for line in statement_lines(payment.account) if line.entry_id == entry.pk]
    return Receipt(
        number=payment.reference,
        payment=payment,
        wallet=wallet,
        wallet_reference=number,
        paid_at=entry.effective_at,
        parts=parts,
        balance_after=after[0] if after else payment.account.balance,
    )
