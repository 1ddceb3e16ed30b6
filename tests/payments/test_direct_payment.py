from __future__ import annotations

import pytest

from common.clock import now
from common.errors import InvalidInput
from common.money import Money
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import Posting
from payments.services.direct import record_direct_payment


def direct(account, minor, reference="bank-17"):
    return record_direct_payment(
        account, Money(minor, account.currency), received_at=now(), external_reference=reference
    )


def test_money_paid_to_the_creditor_lowers_the_debt_and_passes_through_no_account_of_ours(account):
    payment = direct(account, 25_000)
    account.refresh_from_db()
    assert account.balance_minor == 100_000 and payment.state == "succeeded"
    assert not Posting.objects.filter(ledger_account__kind__in=["clearing", "payable"]).exists()
    assert unbalanced_entries() == [] and drifted_accounts() == []


def test_the_creditors_reference_posts_once(account):
    assert direct(account, 25_000) == direct(account, 25_000)
    account.refresh_from_db()
    assert account.balance_minor == 100_000


def test_the_last_payment_closes_the_debt(account):
    direct(account, 125_000)
    account.refresh_from_db()
    assert (account.balance_minor, account.status) == (0, "paid")


@pytest.mark.parametrize("minor", [0, -5, 125_001])
def test_an_amount_that_cannot_be_is_refused(account, minor):
    with pytest.raises(InvalidInput):
        direct(account, minor)
