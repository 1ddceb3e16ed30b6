"""What of the money that came still stands where it was posted, and the lines that take a part of it out again.

Its source is a wallet's attempt; of a transfer to our own bank account, which no wallet carried, the payment itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from accounts.models import Account
from common.money import Money
from payments.ledger import Line
from payments.models import Attempt, JournalEntry, LedgerAccount, Payment, Posting
from payments.services.settling import ALLOCATION_ORDER

Kind = LedgerAccount.Kind
Source = Attempt | Payment
# The name in the chart of what came to our own bank account, where a wallet's key stands else.
OWN_BANK = "transfer"


@dataclass(frozen=True)
class Standing:
    """`shares` by component still lower the debt, `surplus` still lies in suspense: after refunds and disputes."""

    shares: dict[str, int] = field(default_factory=dict)
    surplus: int = 0

    @property
    def minor(self) -> int:
        return sum(self.shares.values()) + self.surplus


def payment_of(source: Source) -> Payment:
    return source if isinstance(source, Payment) else source.payment


def place_of(source: Source) -> str:
    """Whose clearing its money came through."""
    return OWN_BANK if isinstance(source, Payment) else source.provider.key


def names_of(source: Source) -> dict[str, Any]:
    """What later entries say of the money they are about; `of_entry` names the entry that posted it."""
    payment = payment_of(source)
    own = {"of_entry": payment.entry_id} if source is payment else {"attempt": source.pk}
    return {**own, "payment": payment.reference}


def entry_of(source: Source) -> JournalEntry | None:
    """The entry that posted the money; of a payment that succeeded twice each attempt has its own."""
    if isinstance(source, Payment):
        return source.entry
    attempt = source
    return JournalEntry.objects.filter(idempotency_key=f"attempt:{attempt.pk}").first() or attempt.payment.entry


def standing_of(source: Source) -> Standing:
    entry = entry_of(source)
    if entry is None:
        return Standing()
    rows = Posting.objects.filter(entry__in=[entry.pk, *_later_entries(source, entry)])
    sums = rows.values("ledger_account__kind", "component").annotate(minor=Sum("amount_minor")).order_by()
    by_place = {(row["ledger_account__kind"], row["component"]): -row["minor"] for row in sums}
    shares = {name: by_place.get((Kind.RECEIVABLE.value, name), 0) for name in ALLOCATION_ORDER}
    surplus = by_place.get((Kind.SUSPENSE.value, ""), 0)
    return Standing({name: minor for name, minor in shares.items() if minor}, surplus)


def _later_entries(source: Source, entry: JournalEntry) -> list[int]:
    reversal = JournalEntry.objects.filter(reverses=entry).values_list("pk", flat=True)
    pairs = list(source.refunds.values_list("entry_id", "undone_id"))
    if isinstance(source, Attempt):
        pairs += source.disputes.values_list("entry_id", "returned_id")
    return [*reversal, *(pk for pair in pairs for pk in pair if pk)]


def lines_out(
    account: Account, standing: Standing, minor: int, *, provider_key: str, by_transfer: bool = False
) -> list[Line]:
    """`minor` leaves: out of the surplus first, then the debt comes back in the reverse order of allocation. What we
    transfer ourselves is owed as a refund until it is made; a wallet has it back at once.

    What was passed on meanwhile is missing in suspense, where the shortfall shows until a person settles it.
    """
    spare = surplus_of(account).minor
    out_of_surplus = min(minor, max(0, min(standing.surplus, spare)))
    left, back = minor - out_of_surplus, {}
    for name in reversed(ALLOCATION_ORDER):
        back[name] = max(0, min(left, standing.shares.get(name, 0)))
        left -= back[name]
    owed = sum(back.values())
    source = Line(Kind.REFUNDS, -minor) if by_transfer else Line(Kind.CLEARING, -minor, qualifier=provider_key)
    return [
        *(Line(Kind.RECEIVABLE, share, account=account, component=name) for name, share in back.items()),
        Line(Kind.PLACED, -owed),
        source,
        Line(Kind.PAYABLE, owed),
        Line(Kind.SUSPENSE, out_of_surplus + left, account=account),
    ]


def owed_again(lines: list[Line]) -> int:
    """How much of these lines raises the debt."""
    return sum(line.minor for line in lines if line.kind == Kind.RECEIVABLE)


def surplus_of(account: Account) -> Money:
    """What was paid beyond the debt and still waits for a decision; negative when it went twice."""
    waiting = Posting.objects.filter(account=account, ledger_account__kind=Kind.SUSPENSE)
    return Money(-(waiting.aggregate(minor=Sum("amount_minor"))["minor"] or 0), account.currency)
