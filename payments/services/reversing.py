"""Money the wallet took back after it had arrived (a dispute, a returned debit, a chain that changed its mind).

The caller holds the locks: account, payment, attempt. Nothing here asks the debtor for the money again: the instalment
counts as missed, the agreement rests, and a person decides.
"""

from __future__ import annotations

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from common.money import Money
from payments.ledger import post_entry, reverse_entry
from payments.models import Attempt, Instalment, JournalEntry, Payment, Plan
from payments.services.recovering import give_up_again
from payments.services.shares import Standing, entry_of, lines_out, standing_of
from payments.signals import payment_taken_back, tell_after_commit
from wallets.selectors import live_mandate
from wallets.services import pause_mandate

TAKEN_BACK = "taken_back"


def reverse(attempt: Attempt, *, source: str) -> None:
    """Post out, once, what still stands of the attempt's money, and let account, payment and plan follow."""
    payment, account = attempt.payment, attempt.payment.account
    entry = entry_of(attempt)
    if entry is None:
        return
    standing = standing_of(attempt)
    reversal, is_new = _post_mirror(attempt, entry, standing)
    if not is_new:
        return
    account.refresh_from_db()
    if payment.entry_id == entry.pk:
        payment.state = "reversed"
        payment.save(update_fields=["state"])
    reopen(account)
    uncredit(account, sum(standing.shares.values()), payment.instalment, reason=TAKEN_BACK)
    tell_taken_back(attempt, Money(standing.minor, attempt.currency), entry=reversal, source=source)
    rest_agreement(attempt)


def _post_mirror(attempt: Attempt, entry: JournalEntry, standing: Standing) -> tuple[JournalEntry, bool]:
    about = {"attempt": attempt.pk, "payment": attempt.payment.reference}
    if standing.minor == attempt.amount_minor:
        return reverse_entry(entry, effective_at=now(), **about)
    account = attempt.payment.account
    return post_entry(
        f"{entry.kind}_reversal"[:24],
        idempotency_key=f"reversal:{entry.pk}",
        creditor_id=entry.creditor_id,
        currency=attempt.currency,
        effective_at=now(),
        reverses=entry,
        lines=lines_out(account, standing, standing.minor, provider_key=attempt.provider.key),
        **about,
    )


def tell_taken_back(attempt: Attempt, amount: Money, *, entry: JournalEntry, source: str) -> None:
    payment, account = attempt.payment, attempt.payment.account
    record_event(
        "payment.reversed",
        account=account,
        source=source,
        payment=payment.reference,
        amount_minor=amount.minor,
        currency=amount.currency,
        provider=attempt.provider.key,
        by=payment.source,
        entry=entry.pk,
        balance_minor=account.balance_minor,
    )
    tell_after_commit(payment_taken_back, Payment, payment=payment, amount=amount, occasion=f"entry:{entry.pk}")


def rest_agreement(attempt: Attempt) -> None:
    """Nothing more is debited from this account until a person lets its agreement go on."""
    own = attempt.mandate if attempt.mandate and attempt.mandate.state == "active" else None
    mandate = own or live_mandate(attempt.payment.account)
    if mandate and mandate.state == "active":
        pause_mandate(mandate, reason="the wallet took a debit back", source="system")


def rest_agreements_of(account: Account, *, reason: str) -> None:
    """As `rest_agreement`, for money that no wallet carried."""
    mandate = live_mandate(account)
    if mandate and mandate.state == "active":
        pause_mandate(mandate, reason=reason, source="system")


def reopen(account: Account) -> None:
    """It is owed again; an account that had been given up or handed back stays so."""
    if account.balance_minor <= 0 or give_up_again(account) or account.status != "paid":
        return
    account.status = "open"
    record_event("account.status_changed", account=account, before="paid", after="open")
    account.save(update_fields=["status"])


def uncredit(account: Account, minor: int, first: Instalment | None, *, reason: str) -> None:
    """Take `minor` off the newest plan again: the instalment it was for, then the latest due."""
    plan = Plan.objects.filter(account=account).exclude(state__in=["proposed", "cancelled"]).order_by("pk").last()
    if plan is None:
        return
    rows = list(plan.instalments.select_for_update().filter(paid_minor__gt=0).order_by("-due_on", "-number"))
    rows.sort(key=lambda row: first is None or row.pk != first.pk)
    for row in rows:
        minor -= _take_off(row, minor, reason)
    if plan.state == "completed" and not _another_lives(plan):
        plan.state = "active"
        plan.save(update_fields=["state"])


def _take_off(row: Instalment, minor: int, reason: str) -> int:
    share = min(minor, row.paid_minor)
    if share <= 0:
        return 0
    row.paid_minor -= share
    if row.state == "paid":
        row.state, row.last_reason = "missed", reason
    row.save(update_fields=["paid_minor", "state", "last_reason"])
    return share


def _another_lives(plan: Plan) -> bool:
    return Plan.objects.filter(account_id=plan.account_id, state__in=["active", "paused"]).exclude(pk=plan.pk).exists()
