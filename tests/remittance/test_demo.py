"""A fresh machine shows remittances: terms of every kind, money collected last month, drafts that wait."""

from __future__ import annotations

import pytest

from accounts.models import Creditor
from collections_platform.demo.creditors import CREDITORS
from collections_platform.demo.remitting import AGREED, PAYERS, remit
from payments.ledger import checks
from payments.models import CommissionTerms, Remittance
from tests import factories

pytestmark = pytest.mark.django_db


def test_each_demo_creditor_has_terms_and_a_first_draft():
    for demo in CREDITORS:
        creditor = Creditor.objects.create(code=demo.code, name=demo.name, country=demo.country, role=demo.role)
        placed = factories.portfolio(creditor)
        for number in range(30 + PAYERS):
            factories.account(placement=placed, currency=demo.currency, days_overdue=number * 4, reachable=False)
    remit()
    assert set(CommissionTerms.objects.values_list("basis", flat=True)) == set(CommissionTerms.Basis.values)
    drafts = Remittance.objects.all()
    assert {row.creditor.code for row in drafts} == set(AGREED)
    for row in drafts:
        assert (row.state, row.lines.count()) == ("draft", PAYERS)
        assert row.payout_minor > 0 and row.commission_minor > 0
    assert checks.unbalanced_entries() == checks.drifted_accounts() == []
