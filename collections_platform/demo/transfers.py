"""Transfers to the agency's own bank account: one to confirm, one that is nobody's yet, one to be sent back."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Account, User
from collections_platform.demo.staff import LOGINS
from common.clock import today
from payments.models import BankTransfer
from payments.transfers import ask_step, assign_transfer, decide_step, record_received

STORIES = 3


def send_transfers() -> None:
    """Told once: the bank's references are there once."""
    if BankTransfer.objects.exists():
        return
    staff = {login.role: User.objects.filter(email=login.email).first() for login in LOGINS}
    agent, lead = staff["agent"], staff["lead"]
    rows = Account.objects.filter(creditor__code="harbour", status="open", plans=None, holds=None, payments=None)
    accounts = list(rows.filter(balance_minor__gt=10_000).select_related("debtor").order_by("-pk")[:STORIES])
    if agent is None or lead is None or len(accounts) < STORIES:
        return
    _waits, *unknown = (_received(account, number, agent, known=not number) for number, account in enumerate(accounts))
    for row in unknown:
        decide_step(row.steps.get(), by=lead, agree=True)
    assign_transfer(unknown[0], to=agent, by=lead)
    asked = ask_step(unknown[1], "return", reason="The sender wants it back: it was meant for somebody else.", by=agent)
    decide_step(asked, by=lead, agree=True)


def _received(account: Account, number: int, agent: User, *, known: bool) -> BankTransfer:
    day = today() - timedelta(days=9 - number)
    row = record_received(
        account.balance.split([1, 2])[0],
        value_date=day,
        bank_reference=f"HB{day:%Y%m%d}-{918 + number:06d}",
        payer_name=account.debtor.name,
        remark=account.reference if known else "",
        account=account if known else None,
        by=agent,
    )
    assert row is not None  # noqa: S101 - no form came before
    return row
