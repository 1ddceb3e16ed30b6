"""A payment the machine left to people: what its page offers, to whom, and what each decision does."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Event
from common.errors import Conflict
from payments.debits import debit_due_instalments
from payments.models import Attempt
from payments.services import give_up_attempt
from tests.pages.conftest import signed_in
from tests.payments.conftest import alipay, running_wallet, wallet  # noqa: F401 - the simulated wallet
from tests.payments.deposit_rows import held_deposit
from tests.payments.helpers import balance, kinds, only_attempt, planned_debit, tell_the_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stuck(installed, account, wallet, alipay) -> Attempt:  # noqa: F811
    """A debit that Alipay took and never made, left to a person."""
    planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    wallet.control.fault("accept_only", method="alipay.trade.pay")
    debit_due_instalments()
    Attempt.objects.update(needs_person=True, reason="never_answered", look_up_at=None)
    return only_attempt()


def address(name: str, attempt: Attempt, *more: str) -> str:
    return reverse(name, args=[attempt.payment.reference, *more])


def shown(client, attempt: Attempt) -> str:
    return client.get(address("payment_page", attempt)).content.decode()


def test_an_agent_may_ask_the_wallet_but_a_lead_ends_it(stuck, agent, lead):
    alice, lena = signed_in(agent), signed_in(lead)
    page = shown(alice, stuck)
    assert "The wallet never said what became of this payment" in page and address("payment_ask", stuck) in page
    assert address("payment_decide", stuck, "end") not in page and "A team lead" in page
    assert alice.get(address("payment_decide", stuck, "end")).status_code == 403
    assert address("payment_decide", stuck, "end") in shown(lena, stuck)


def test_who_works_at_the_creditor_sees_the_payment_and_decides_nothing(stuck, bank_user):
    ben = signed_in(bank_user)
    page = shown(ben, stuck)
    assert stuck.payment.reference in page and "A person has to look at it" not in page
    assert ben.post(address("payment_ask", stuck)).status_code == 403


def test_asking_again_books_what_the_wallet_says_now(stuck, account, wallet, agent):  # noqa: F811
    alice = signed_in(agent)
    answer = alice.post(address("payment_ask", stuck), follow=True)
    assert "still does not say" in answer.content.decode() and only_attempt().needs_person
    wallet.control.user("pay", out_trade_no=stuck.merchant_reference)
    assert "the payment follows" in alice.post(address("payment_ask", stuck), follow=True).content.decode()
    assert balance(account) == 85_000 and not only_attempt().needs_person


def test_a_wallet_that_does_not_answer_changes_nothing(stuck, wallet, agent):  # noqa: F811
    wallet.control.fault("http_500", method="alipay.trade.query")
    answer = signed_in(agent).post(address("payment_ask", stuck), follow=True)
    assert "gives no answer" in answer.content.decode() and only_attempt().state == "pending"


def test_ending_it_takes_a_second_look_and_a_reason(stuck, account, wallet, lead):  # noqa: F811
    lena, here = signed_in(lead), address("payment_decide", stuck, "end")
    second = lena.get(here).content.decode()
    assert stuck.merchant_reference in second and "The account is free again" in second
    assert lena.post(here, {"reason": " "}).status_code == 422 and only_attempt().state == "pending"
    answer = lena.post(here, {"reason": "their support says no"}, follow=True)
    assert "free for another payment" in answer.content.decode()
    assert only_attempt().state == "closed" and wallet.debits() == 0 and balance(account) == 125_000
    told = Event.objects.get(kind="payment.given_up")
    assert (told.actor, told.data["why"]) == (lead, "their support says no")
    assert lena.post(here, {"reason": "again"}).status_code == 404


def test_money_that_came_after_all_is_booked_instead_of_ended(stuck, account, wallet, lead):  # noqa: F811
    wallet.control.user("pay", out_trade_no=stuck.merchant_reference)
    answer = signed_in(lead).post(address("payment_decide", stuck, "end"), {"reason": "no"}, follow=True)
    assert "the money came" in answer.content.decode()
    assert only_attempt().state == "succeeded" and balance(account) == 85_000
    assert "payment.given_up" not in kinds(account)


def test_what_is_finished_leaves_the_work_list_when_it_was_dealt_with(stuck, account, wallet, lead):  # noqa: F811
    wallet.control.user("pay", out_trade_no=stuck.merchant_reference)
    lena = signed_in(lead)
    lena.post(address("payment_ask", stuck))
    Attempt.objects.update(needs_person=True, reason="late_success")
    page = shown(lena, stuck)
    assert address("payment_decide", stuck, "seen") in page and address("payment_decide", stuck, "end") not in page
    assert lena.get(address("payment_decide", stuck, "end")).status_code == 404
    lena.post(address("payment_decide", stuck, "seen"), {"reason": "it was theirs"})
    assert not only_attempt().needs_person and "payment.reviewed" in kinds(account)
    assert "A person has to look at it" not in shown(lena, stuck)


def test_money_that_waits_at_its_address_is_decided_first(installed, account, lead):
    deposit = held_deposit(account)
    Attempt.objects.update(needs_person=True, reason="paid_late", state="unknown")
    attempt, lena = only_attempt(), signed_in(lead)
    page = shown(lena, attempt)
    assert reverse("deposit_page", args=[deposit.reference]) in page
    assert address("payment_decide", attempt, "end") not in page
    assert lena.post(address("payment_decide", attempt, "end"), {"reason": "x"}).status_code == 404
    with pytest.raises(Conflict, match="Decide first"):
        give_up_attempt(attempt, by=lead, reason="x")
    assert only_attempt().state == "unknown"
