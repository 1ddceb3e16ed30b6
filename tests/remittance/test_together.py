"""Two workers or two people at one remittance: one of them does it."""

from __future__ import annotations

import pytest

from common.errors import PlatformError
from payments.models import JournalEntry, Remittance, RemittanceLine
from payments.remittance import approve, draft_due, draft_next, mark_paid
from tests import factories
from tests.payments.test_concurrency import at_once
from tests.remittance.cast import agreed, balance, month, pay, people, twice_remitted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bank():
    account = factories.account(reachable=False)
    agreed(account.creditor)
    for back in (3, 2, 1):
        pay(account, 10_000, month(back))
    return account.creditor


def test_four_workers_draft_each_period_once(bank):
    counts = at_once(*[draft_due] * 4)
    assert sum(counts) == 3
    assert Remittance.objects.count() == 3
    assert (RemittanceLine.objects.count(), twice_remitted()) == (3, 0)


def test_two_who_approve_and_two_who_pay_post_it_once(bank):
    draft = draft_next(bank.pk, "CNY")
    lena, adam = people()
    answers = at_once(lambda: approve(draft, by=lena), lambda: approve(draft, by=adam))
    assert sum(isinstance(answer, PlatformError) for answer in answers) == 1
    approved = next(answer for answer in answers if isinstance(answer, Remittance))
    payers = factories.user(role="lead"), factories.user(role="lead")
    answers = at_once(*[lambda payer=payer: mark_paid(approved, by=payer, bank_reference="TRF") for payer in payers])
    assert all(isinstance(answer, Remittance) for answer in answers)
    assert (balance(bank, "trust"), balance(bank, "commission")) == (-8_000, -2_000)
    assert JournalEntry.objects.filter(kind="remittance_paid").count() == 1
