"""Agreed debits on the wallets' statements: matched like any payment, whoever started them."""

from __future__ import annotations

import pytest
from django.db.models import Sum

from payments.debits import debit_due_instalments
from payments.models import Attempt, Posting, ReconciliationItem, StatementLine
from payments.reconciliation import reconcile_due
from tests.payments.test_debits import plan
from tests.payments.test_debits import reach_the_debit as reach_alipays
from tests.payments.test_paypal_payments import dollars, phone, reach_the_debit, running_paypal, signed_plan

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["dollars", "phone", "plan", "running_paypal"]


def is_matched(key: str, minor: int) -> bool:
    line = StatementLine.objects.get()
    clearing = Posting.objects.filter(ledger_account__kind="clearing", ledger_account__qualifier=key)
    held = clearing.aggregate(minor=Sum("amount_minor"))["minor"]
    assert (line.state, line.attempt, line.amount_minor) == ("matched", Attempt.objects.get(), minor)
    assert line.fee_minor > 0 and held == minor - line.fee_minor
    return not ReconciliationItem.objects.exists()


def test_a_debit_at_paypal_is_on_its_statement(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    assert debit_due_instalments().settled == 1
    phone.move_clock(days=2)
    reconcile_due()
    assert is_matched("paypal", Attempt.objects.get().amount_minor)


def test_a_debit_at_alipay_is_on_its_statement(plan, account, wallet):
    reach_alipays(wallet)
    assert debit_due_instalments().settled == 1
    wallet.move_clock(days=2)
    reconcile_due()
    assert is_matched("alipay", Attempt.objects.get().amount_minor)
