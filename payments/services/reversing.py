"""Money the wallet took back after it had arrived (a dispute, a returned debit, a chain that changed its mind).

The caller holds the locks: account, payment, attempt. Nothing here asks the debtor for the money again: the instalment
counts as missed, the agreement rests, and a person decides.
"""

from __future__ import annotations

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from payments.ledger import reverse_entry
from payments.models import Attempt, Instalment, JournalEntry, Plan
from wallets.services import pause_mandate

TAKEN_BACK = "taken_back"


def reverse(attempt: Attempt, *, source: str) -> None:
    """Post the mirror of the attempt's entry, once, and let account, payment and plan follow."""
    payment, account = attempt.payment, attempt.payment.account
    entry = JournalEntry.objects.filter(idempotency_key=f"attempt:{attempt.pk}").first() or payment.entry
    if entry is None:
        return
    reversal, is_new = reverse_entry(entry, effective_at=now(), attempt=attempt.pk, payment=payment.reference)
    if not is_new:
        return
    account.refresh_from_db()
    if payment.entry_id == entry.pk:
        payment.state = "reversed"
        payment.save(update_fields=["state"])
    _reopen(account)
    _uncredit(account, sum(entry.data.get("allocation", {}).values()), payment.instalment)
    record_event(
        "payment.reversed",
        account=account,
        source=source,
        payment=payment.reference,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        provider=attempt.provider.key,
        by=payment.source,
        entry=reversal.pk,
        balance_minor=account.balance_minor,
    )
    if attempt.mandate and attempt.mandate.state == "active":
        pause_mandate(attempt.mandate, reason="the wallet took a debit back", source="system")


def _reopen(account: Account) -> None:
    if account.status != "paid" or account.balance_minor <= 0:
        return
    record_event("account.status_changed", account=account, before=account.status, after="open")
    account.status = "open"
    account.save(update_fields=["status"])


def _uncredit(account: Account, minor: int, first: Instalment | None) -> None:
    """Take `minor` off the newest plan again: the instalment it was for, then the latest due."""
    plan = Plan.objects.filter(account=account).exclude(state__in=["proposed", "cancelled"]).order_by("pk").last()
    if plan is None:
        return
    rows = list(plan.instalments.select_for_update().filter(paid_minor__gt=0).order_by("-due_on", "-number"))
    rows.sort(key=lambda row: first is None or row.pk != first.pk)
    for row in rows:
        minor -= _take_off(row, minor)
    if plan.state == "completed" and not _another_lives(plan):
        plan.state = "active"
        plan.save(update_fields=["state"])


def _take_off(row: Instalment, minor: int) -> int:
    share = min(minor, row.paid_minor)
    if share <= 0:
        return 0
    row.paid_minor -= share
    if row.state == "paid":
        row.state, row.last_reason = "missed", TAKEN_BACK
    row.save(update_fields=["paid_minor", "state", "last_reason"])
    return share


def _another_lives(plan: Plan) -> bool:
    return Plan.objects.filter(account_id=plan.account_id, state__in=["active", "paused"]).exclude(pk=plan.pk).exists()
