"""Reading money for pages: payments, what is agreed next, the statement, receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from common.money import Money
from payments.debits.calendar import debit_from, notice_from, zone_of
from payments.models import Attempt, Instalment, JournalEntry, Payment, Plan
from payments.words import reason_words
from wallets.models import Mandate
from wallets.selectors import live_mandate

KINDS: dict[str, Promise] = {
    "placement": _("Placed with us"),
    "adjustment": _("Corrected by the creditor"),
    "payment": _("Payment received, thank you"),
    "direct_payment": _("Payment to the creditor, thank you"),
    "payment_reversal": _("Payment taken back"),
    "payment_misplaced": _("Payment was not for this account"),
    "write_off": _("Written off"),
    "write_off_undone": _("Owed again: no longer written off"),
    "handed_back": _("Handed back to the creditor"),
    "handed_back_undone": _("Handed over to us again"),
    "recovery": _("You paid after it was given up"),
    "recovery_undone": _("Given up again"),
    "interest": _("Interest"),
    "fee": _("Fee"),
    "accrual": _("Interest and fees"),
    "replay": _("Worked out again after a late entry"),
}


@dataclass(frozen=True)
class Agenda:
    """What happens next on an account without anybody doing anything."""

    plan: Plan | None
    mandate: Mandate | None
    instalment: Instalment | None
    amount: Money | None
    noticed_at: datetime | None
    notice_from: datetime | None
    debit_from: datetime | None
    reason: str = ""

    @property
    def words(self) -> str:
        """Why the next debit is not simply going to happen; empty when it is."""
        return reason_words(self.reason) if self.reason else ""


@dataclass(frozen=True)
class StatementLine:
    """One change of what is owed: negative lowers it. `balance` is what was owed afterwards."""

    at: datetime
    kind: str
    words: Promise | str
    amount: Money
    balance: Money
    entry_id: int


@dataclass(frozen=True)
class Receipt:
    """`allocation` is in minor units by component; `surplus` was more than was owed and waits for a person."""

    payment: Payment
    attempt: Attempt
    amount: Money
    paid_at: datetime
    provider: str
    provider_reference: str
    allocation: dict[str, int]
    surplus: Money
    balance_after: Money


def payments_of(account: Account) -> QuerySet[Payment]:
    """Newest first, with link, instalment and attempts at hand."""
    rows = Payment.objects.filter(account=account).select_related("account", "instalment__plan", "entry")
    return rows.prefetch_related("attempts__provider").order_by("-pk")


def open_payment(account: Account) -> Payment | None:
    return Payment.objects.filter(account=account, state="open").first()


def live_plan(account: Account) -> Plan | None:
    plans = Plan.objects.filter(account=account, state__in=["active", "paused"])
    return plans.select_related("mandate__provider").prefetch_related("instalments").first()


def agenda_of(account: Account) -> Agenda:
    """The next instalment, when its notice goes out and when it is debited, and what stands in the way."""
    plan, mandate = live_plan(account), live_mandate(account)
    row = _next_instalment(plan)
    if plan is None or row is None:
        return Agenda(plan, mandate, None, None, None, None, None)
    zone = zone_of(account.debtor)
    announced = notice_from(row.debit_on, zone)
    earliest = row.debit_not_before or debit_from(row.debit_on, zone, announced)
    return Agenda(
        plan=plan,
        mandate=plan.mandate,
        instalment=row,
        amount=Money(row.still_to_take(account), account.currency),
        noticed_at=row.noticed_at,
        notice_from=announced,
        debit_from=earliest if plan.mandate and plan.mandate.state == "active" else None,
        reason=row.last_reason,
    )


def _next_instalment(plan: Plan | None) -> Instalment | None:
    if plan is None:
        return None
    return plan.instalments.filter(state__in=["scheduled", "noticed"]).order_by("due_on", "number").first()


def next_due_moment() -> datetime | None:
    """The next instant at which a notice or a debit becomes due anywhere: where the sandbox clock can jump to."""
    live = Instalment.objects.filter(plan__state="active", plan__mandate__state="active")
    noticed = live.filter(state="noticed").aggregate(first=Min("debit_not_before"))["first"]
    rows = live.filter(state="scheduled").select_related("plan__account__debtor").order_by("due_on")[:20]
    announced = [notice_from(row.debit_on, zone_of(row.plan.account.debtor)) for row in rows]
    moments = [moment for moment in (noticed, *announced) if moment]
    return min(moments, default=None)


def statement_lines(account: Account) -> list[StatementLine]:
    """Every change of what is owed, oldest first, with the balance after it. It ends at the account's balance."""
    return list(_statement(account))


def _statement(account: Account) -> Iterator[StatementLine]:
    changes = (
        account.postings.filter(ledger_account__kind="receivable")
        .values("entry_id", "entry__kind", "entry__effective_at")
        .annotate(minor=Sum("amount_minor"))
        .order_by("entry_id")
    )
    balance = 0
    for row in changes:
        balance += row["minor"]
        kind = row["entry__kind"]
        yield StatementLine(
            at=row["entry__effective_at"],
            kind=kind,
            words=KINDS.get(kind, kind.replace("_", " ")),
            amount=Money(row["minor"], account.currency),
            balance=Money(balance, account.currency),
            entry_id=row["entry_id"],
        )


def receipt_of(payment: Payment) -> Receipt | None:
    """None until the money has arrived."""
    attempt = payment.attempts.filter(state="succeeded").select_related("provider").order_by("pk").first()
    if payment.entry is None or attempt is None:
        return None
    data = payment.entry.data
    return Receipt(
        payment=payment,
        attempt=attempt,
        amount=attempt.amount,
        paid_at=payment.entry.effective_at,
        provider=attempt.provider.display_name,
        provider_reference=attempt.provider_reference,
        allocation=data["allocation"],
        surplus=Money(data["suspense"], payment.currency),
        balance_after=_balance_after(payment.account, payment.entry),
    )


def _balance_after(account: Account, entry: JournalEntry) -> Money:
    rows = account.postings.filter(ledger_account__kind="receivable", entry_id__lte=entry.pk)
    return Money(rows.aggregate(total=Sum("amount_minor"))["total"] or 0, account.currency)


def attempts_for_a_person() -> QuerySet[Attempt]:
    """What the machine will not decide: the reason is on each row."""
    rows = Attempt.objects.filter(needs_person=True)
    return rows.select_related("payment__account__debtor", "provider").order_by("-pk")
