"""Wang Fang pays with her wallet after the write-off, of her own wish: a recovery, no more than was given up."""

from __future__ import annotations

import pytest

from payments.errors import PaymentRefused
from payments.models import Attempt
from payments.moves.limits import set_rule
from tests.moves.helpers import books_are_right, line, move
from tests.payments.conftest import alipay, running_wallet, wallet
from tests.payments.helpers import open_page

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["alipay", "running_wallet", "wallet"]


@pytest.fixture
def given_up(account, alipay, agent, lead):
    move(account, "write_off", by=agent, second=lead)
    return account


def test_where_the_creditor_does_not_allow_it_no_payment_begins(given_up):
    with pytest.raises(PaymentRefused):
        open_page(given_up, 30_000)
    assert not Attempt.objects.exists()


def test_paid_by_wallet_it_is_a_recovery_and_the_account_stays_ended(given_up, wallet, admin):
    set_rule(given_up.creditor, by=admin, may_pay=True)
    with pytest.raises(PaymentRefused):
        open_page(given_up, 125_001, key="too-much")
    started = open_page(given_up, 30_000)
    wallet.pay(started.action.url)
    wallet.deliver()
    given_up.refresh_from_db()
    assert (given_up.status, given_up.balance_minor) == ("written_off", 0)
    assert line(given_up, "write_off") == 95_000 and line(given_up, "payable") == -30_000 and books_are_right()
