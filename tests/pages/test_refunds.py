"""The staff's pages about refunds and surpluses, as people use them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.clock import now
from common.money import Money
from payments.ledger import Line, post_entry
from payments.models import Refund, SurplusDecision
from payments.refunds import free_surplus, request_refund
from payments.services.direct import record_direct_payment
from tests import factories
from tests.pages.conftest import signed_in
from tests.payments.test_refund_amounts import paid_attempt

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def simulated(settings):
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, "http://127.0.0.1:9"


@pytest.fixture
def paid(installed):
    """500.00 paid on a debt of 300.00: 200.00 too much."""
    return paid_attempt(50_000, 30_000).payment


def asked(payment, by, minor=20_000) -> Refund:
    return request_refund(
        payment, amount=Money(minor, "CNY"), purpose="overpayment", way="wallet", reason="paid too much", by=by
    )


def test_an_agent_asks_on_the_payments_page_and_a_lead_agrees(paid, agent, lead):
    alice, lena = signed_in(agent), signed_in(lead)
    page = alice.get(reverse("payment_page", args=[paid.reference])).content.decode()
    assert reverse("refund_new", args=[paid.reference]) in page
    form = {"amount": "200.00", "purpose": "overpayment", "way": "wallet", "reason": "paid too much", "token": "once"}
    for _twice in range(2):
        assert alice.post(reverse("refund_new", args=[paid.reference]), form).status_code == 302
    refund = Refund.objects.get()
    assert refund.reference in lena.get(reverse("refund_list")).content.decode()
    here = reverse("refund_approve", args=[refund.reference])
    assert alice.post(here).status_code == 403
    assert lena.post(here).status_code == 302
    refund.refresh_from_db()
    assert (refund.state, refund.decided_by) == ("approved", lead)


def test_a_lead_cannot_agree_to_what_they_asked_for(paid, lead):
    refund = asked(paid, lead)
    page = signed_in(lead).get(reverse("refund_page", args=[refund.reference])).content.decode()
    assert reverse("refund_approve", args=[refund.reference]) not in page
    assert signed_in(lead).post(reverse("refund_approve", args=[refund.reference])).status_code == 403


def test_too_much_is_refused_on_the_form_with_what_is_possible(paid, agent):
    form = {"amount": "200.01", "purpose": "overpayment", "way": "wallet", "reason": "more", "token": "t"}
    answer = signed_in(agent).post(reverse("refund_new", args=[paid.reference]), form)
    assert answer.status_code == 422 and "Only 200.00 CNY was paid too much" in answer.content.decode()


def test_a_payment_made_to_the_creditor_says_who_gives_it_back(account, agent, installed):
    payment = record_direct_payment(account, Money(1_000, "CNY"), received_at=now(), external_reference="x")
    page = signed_in(agent).get(reverse("payment_page", args=[payment.reference])).content.decode()
    assert "Ask the creditor to give it back" in page and reverse("refund_new", args=[payment.reference]) not in page


def test_a_refund_stands_on_the_accounts_timeline(paid, agent):
    asked(paid, agent)
    page = signed_in(agent).get(reverse("account_page", args=[paid.account.reference])).content.decode()
    assert "Refund asked for" in page


def test_a_surplus_is_set_against_another_debt_when_a_second_person_agrees(paid, agent, lead):
    first = paid.account
    other = factories.account(person=first.debtor, placement=first.portfolio, balance_minor=15_000, reachable=False)
    alice, lena = signed_in(agent), signed_in(lead)
    assert first.reference in alice.get(reverse("surplus_list")).content.decode()
    here = reverse("surplus_page", args=[first.reference])
    form = {"use": "move", "to_account": other.pk, "amount": "150.00", "reason": "they asked", "token": "m"}
    assert alice.post(here, form).status_code == 302
    asked_for = SurplusDecision.objects.get()
    decide = reverse("surplus_decide", args=[asked_for.reference])
    other.refresh_from_db()
    assert other.balance_minor == 15_000 and free_surplus(first).minor == 5_000
    assert alice.post(decide, {"answer": "yes"}).status_code == 403
    assert lena.post(decide, {"answer": "yes"}).status_code == 302
    other.refresh_from_db()
    assert (other.balance_minor, other.status) == (0, "paid") and free_surplus(first).minor == 5_000


def test_a_surplus_is_not_set_against_somebody_elses_debt(paid, agent):
    stranger = factories.account(reachable=False)
    form = {"use": "move", "to_account": stranger.pk, "amount": "1.00", "reason": "no", "token": "m"}
    answer = signed_in(agent).post(reverse("surplus_page", args=[paid.account.reference]), form)
    assert answer.status_code == 422 and not SurplusDecision.objects.exists()


def test_what_is_asked_to_go_back_cannot_be_used_twice(paid, agent):
    asked(paid, agent, 20_000)
    assert free_surplus(paid.account).minor == 0


def test_an_account_that_lacks_what_went_twice_shows_on_the_list(account, agent, installed):
    post_entry(
        "dispute",
        idempotency_key="twice",
        creditor_id=account.creditor_id,
        currency="CNY",
        effective_at=now(),
        lines=[Line("suspense", 500, account=account), Line("clearing", -500, qualifier="alipay")],
    )
    page = signed_in(agent).get(reverse("surplus_list")).content.decode()
    assert account.reference in page and "missing: it went twice" in page
