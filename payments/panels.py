"""The account page's panels about money: payments and links, the repayment plan and its debit agreement."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.roles import may
from accounts.timeline import register_reason_teller, register_reason_words
from common import clock, panels
from common.money import Money
from payments.accrual.explaining import balance_panel, change_words
from payments.models import Instalment, PaymentLink, RetryDecision
from payments.retries.selectors import decisions_of, still_holds
from payments.retries.words import because_words
from payments.selectors import live_plan, payments_of
from payments.views_staff_promises import promise_panel
from payments.words import REASONS, reason_words

SHOWN_PAYMENTS = 6
SHOWN_LINKS = 3
INSTALMENT_WORDS = {
    "scheduled": _("to come"),
    "noticed": _("announced"),
    "paid": _("paid"),
    "missed": _("missed"),
    "cancelled": _("cancelled"),
}
PAYMENT_WORDS = {
    "open": _("under way"),
    "succeeded": _("received"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "reversed": _("taken back"),
}
ATTEMPT_WORDS = {
    "created": _("waits to be sent"),
    "sending": _("being sent"),
    "requires_action": _("waits for the payer"),
    "pending": _("accepted, not paid yet"),
    "unknown": _("outcome not known"),
    "succeeded": _("received"),
    "failed": _("failed"),
    "closed": _("ended"),
    "reversed": _("taken back"),
}
SOURCE_WORDS = {
    "link": _("by payment link"),
    "debit": _("agreed debit"),
    "direct": _("paid to the creditor directly"),
    "deposit": _("credited by hand from a deposit"),
    "transfer": _("bank transfer to us"),
    "found": _("found on a wallet's statement and assigned by hand"),
    "scheduled": _("by the wallet's standing order"),
}


def payment_rows(account: Account) -> list[dict[str, Any]]:
    rows = []
    for payment in payments_of(account)[:SHOWN_PAYMENTS]:
        attempts = sorted(payment.attempts.all(), key=lambda attempt: attempt.pk)
        last = attempts[-1] if attempts else None
        rows.append(
            {
                "payment": payment,
                "words": PAYMENT_WORDS[payment.state],
                "source": SOURCE_WORDS.get(payment.source, payment.source),
                "provider": last.wallet_words if last else "",
                "reason": reason_words(last.reason) if last and last.reason else "",
                "needs_person": any(attempt.needs_person for attempt in attempts),
            }
        )
    return rows


def links_of(account: Account) -> list[PaymentLink]:
    return list(PaymentLink.objects.filter(account=account).select_related("created_by").order_by("-pk")[:SHOWN_LINKS])


def money_panel(request: HttpRequest, account: Account) -> dict[str, Any]:
    return {
        "account": account,
        "payments": payment_rows(account),
        "links": links_of(account),
        "now": clock.now(),
        "may_record": may(request.user, "work"),
    }


def instalment_row(row: Instalment, currency: str, decision: RetryDecision | None = None) -> dict[str, Any]:
    """`next_at` while another try is planned; `because` says why, or why there is none."""
    told = decision if decision and (still_holds(row, decision) or row.state == "missed") else None
    return {
        "row": row,
        "next_at": max(told.next_at, row.debit_not_before or told.next_at)
        if told and told.next_at and row.state != "missed"
        else None,
        "because": because_words(told.because) if told else [],
        "amount": Money(row.amount_minor, currency),
        "words": INSTALMENT_WORDS[row.state],
        "reason": reason_words(row.last_reason) if row.last_reason else "",
    }


def plan_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    plan = live_plan(account)
    if plan is None:
        return None
    rows = sorted(plan.instalments.all(), key=lambda row: row.number)
    paid = sum(row.state == "paid" for row in rows)
    decisions = decisions_of(plan)
    return {
        "plan": plan,
        "mandate": plan.mandate,
        "rows": [instalment_row(row, plan.currency, decisions.get(row.pk)) for row in rows],
        "zone": account.debtor.time_zone,
        "paid": paid,
        "count": len(rows),
        "total": Money(plan.total_minor, plan.currency),
        "not_owed": _no_longer_owed(rows, account),
    }


def _no_longer_owed(rows: list[Instalment], account: Account) -> Money | None:
    """What the plan still lists beyond what is owed: no debit takes more than is owed, so this is never taken."""
    left = sum(row.amount_minor - row.paid_minor for row in rows if row.state not in ("paid", "cancelled"))
    over = left - max(0, account.balance_minor)
    return Money(over, account.currency) if over > 0 else None


def register() -> None:
    register_reason_words(REASONS)
    register_reason_teller(change_words)
    for name, title, selector, order in (
        ("money", _("Payments"), money_panel, 20),
        ("promise", _("Promise to pay"), promise_panel, 25),
        ("plan", _("Repayment plan"), plan_panel, 30),
        ("balance", _("How this balance came about"), balance_panel, 40),
    ):
        panels.register(
            panels.Panel(
                page="account",
                name=name,
                title=title,
                template=f"staff/panels/{name}.html",
                selector=selector,
                order=order,
            )
        )
