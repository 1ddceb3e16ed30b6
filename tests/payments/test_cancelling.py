"""Ending at Alipay what it will not close: never paid, or paid and given back; the books say which."""

from __future__ import annotations

import httpx
import pytest

from payments.debits import debit_due_instalments
from payments.models import Attempt, Refund
from payments.services import close_attempt, give_up_attempt
from tests import factories
from tests.payments.helpers import (
    balance,
    books_are_right,
    entries,
    kinds,
    only_attempt,
    only_payment,
    open_page,
    planned_debit,
    tell_the_people,
)
from tests.wallets.meddling import Meddling

UNWELL = {"method": "alipay.trade.close", "code": "ACQ.SYSTEM_ERROR"}


@pytest.fixture
def page(account, wallet, alipay):
    """The cashier of a payment that Alipay will not close."""
    cashier = wallet.control.open(open_page(account).action.url)
    wallet.control.fault("decline", **UNWELL)
    return cashier


@pytest.fixture
def stuck(account, wallet, alipay):
    """A debit that Alipay took and never made, left to a person."""
    planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    wallet.control.fault("accept_only", method="alipay.trade.pay")
    debit_due_instalments()
    assert only_attempt().state == "pending"
    Attempt.objects.update(needs_person=True, look_up_at=None)
    return only_attempt()


def meddle(monkeypatch, **before):
    """The real calls, with the payer acting just before one of them."""
    monkeypatch.setattr("wallets.health.run", Meddling(**before).run)


def paid_and_given_back(account, wallet):
    found = Refund.objects.get()
    assert (found.origin, found.state, found.needs_person) == ("provider", "succeeded", True)
    assert balance(account) == 125_000 and entries(account) == 1 and books_are_right()
    return wallet.debits() == 1 and only_payment().state == "succeeded"


def test_a_payment_that_was_never_made_leaves_nothing_in_the_books(page, account, wallet):
    assert close_attempt(only_attempt(), source="page").attempt.state == "closed"
    wallet.control.press(f"{page}/pay")
    assert wallet.debits() == 0 and balance(account) == 125_000 and entries(account) == 0
    assert only_payment().state == "cancelled"


def test_a_payment_made_in_the_moment_of_cancelling_is_booked_and_booked_back(page, account, wallet, monkeypatch):
    meddle(monkeypatch, alipay_trade_cancel=lambda: wallet.control.press(f"{page}/pay"))
    close_attempt(only_attempt(), source="page")
    assert paid_and_given_back(account, wallet)
    assert {"payment.succeeded", "refund.found"} <= set(kinds(account))


def test_a_payment_made_just_before_is_kept(page, account, wallet, monkeypatch):
    meddle(monkeypatch, alipay_trade_query=lambda: wallet.control.press(f"{page}/pay"))
    assert close_attempt(only_attempt(), source="page").attempt.state == "succeeded"
    assert balance(account) == 0 and not Refund.objects.exists() and books_are_right()


def test_a_debit_given_up_by_a_person_is_ended_at_alipay_too(stuck, account, wallet):
    given_up = give_up_attempt(stuck, by=factories.user(role="lead"), reason="nobody knows")
    assert given_up.state == "closed"
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wallet.control.user("pay", out_trade_no=stuck.merchant_reference)
    assert wallet.debits() == 0 and balance(account) == 125_000


def test_a_debit_made_in_the_moment_of_giving_it_up_is_booked_and_booked_back(stuck, account, wallet, monkeypatch):
    def made():
        wallet.control.user("pay", out_trade_no=stuck.merchant_reference)

    meddle(monkeypatch, alipay_trade_cancel=made)
    give_up_attempt(stuck, by=factories.user(role="lead"), reason="nobody knows")
    assert paid_and_given_back(account, wallet)


def test_a_person_can_give_up_while_alipay_gives_no_answer(stuck, wallet):
    wallet.control.fault("http_500", method="alipay.trade.close")
    assert give_up_attempt(stuck, by=factories.user(role="lead"), reason="a day without Alipay").state == "closed"
