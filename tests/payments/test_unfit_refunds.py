"""A wallet that takes no money any more still gives back what it took."""

from __future__ import annotations

import pytest

from common.clock import today
from common.money import Money
from payments.models import Refund
from payments.refunds import approve_refund, request_refund, send_due_refunds
from payments.services import refresh_payment
from tests.payments.helpers import balance, books_are_right, open_page
from wallets.models import Provider

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "change",
    [{"status": "switched_off"}, {"status": "draft"}, {"review_due": None}],
    ids=["switched off", "unvetted", "expired"],
)
def test_money_goes_back_by_a_wallet_that_takes_none(account, wallet, alipay, agent, lead, change):
    started = open_page(account, 50_000)
    wallet.pay(started.action.url)
    wallet.notices(1)
    payment = started.payment
    assert refresh_payment(payment).state == "succeeded"
    Provider.objects.update(**{name: value or today() for name, value in change.items()})
    refund = request_refund(
        payment,
        amount=Money(20_000, payment.currency),
        purpose=Refund.Purpose.OWED_AGAIN,
        way=Refund.Way.WALLET,
        reason="paid by mistake",
        by=agent,
    )
    approve_refund(refund, by=lead)
    assert send_due_refunds() == 1
    refund.refresh_from_db()
    assert refund.state == "succeeded" and balance(account) == 75_000 + 20_000 and books_are_right()
