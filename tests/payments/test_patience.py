"""How long we ask about money that is on its way: as long as the wallet may take, and then a person looks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import now
from payments.models import Attempt
from payments.services import apply_result, close_expired_attempts, look_up_due_attempts, refresh_payment
from tests.payments.helpers import balance, entries, open_page
from tests.payments.test_paypal_payments import dollars, phone, running_paypal, started
from wallets.gateway import adapter
from wallets.providers.base import PaymentResult, PaymentState

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["dollars", "phone", "running_paypal"]


@pytest.fixture
def slow(dollars, phone) -> Attempt:
    """Approved, captured, and paid from a bank account: the money is on its way for days."""
    payment = started(dollars)
    phone.control.fault("accept_only")
    phone.approve(payment.action.url)
    assert refresh_payment(payment.payment).state == "open"
    attempt = Attempt.objects.select_related("payment").get()
    assert attempt.state == "pending"
    return attempt


def test_a_page_whose_money_is_on_its_way_is_asked_about_once_when_it_ends(dollars, phone, slow):
    phone.move_clock(minutes=20)
    assert close_expired_attempts() == 1
    phone.move_clock(minutes=1)
    assert close_expired_attempts() == 0
    slow.refresh_from_db()
    assert (slow.state, slow.needs_person) == ("pending", False) and slow.look_up_at is not None


def test_money_that_comes_after_days_is_found_by_looking(dollars, phone, slow):
    for _day in range(12):
        phone.move_clock(hours=12)
        look_up_due_attempts()
    slow.refresh_from_db()
    assert (slow.state, slow.needs_person) == ("pending", False)
    phone.control.user("settle", invoice_id=slow.merchant_reference)
    phone.move_clock(hours=12)
    look_up_due_attempts()
    slow.refresh_from_db()
    assert slow.state == "succeeded" and balance(dollars) == 0 and entries(dollars) == 1


def test_money_that_never_comes_goes_to_a_person_in_the_end(dollars, phone, slow):
    patience = adapter(slow.provider).descriptor.unknown_after
    Attempt.objects.update(look_ups=6)
    phone.move_clock(seconds=patience.total_seconds() + 3600)
    look_up_due_attempts()
    slow.refresh_from_db()
    assert (slow.state, slow.needs_person, slow.reason) == ("pending", True, "never_answered")


@pytest.mark.parametrize(("hours", "waits"), [(23, True), (25, False)])
def test_the_wallet_says_how_long_an_unknown_outcome_may_last(account, wallet, alipay, hours, waits):
    open_page(account)
    attempt = Attempt.objects.get()
    assert adapter(alipay).descriptor.unknown_after == timedelta(hours=24)
    created = now() - timedelta(hours=hours)
    Attempt.objects.update(state="unknown", look_ups=6, created_at=created, expires_at=created + timedelta(minutes=15))
    said = PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=attempt.merchant_reference)
    apply_result(attempt.pk, said, source="poll")
    attempt.refresh_from_db()
    assert (attempt.look_up_at is not None, attempt.needs_person) == (waits, not waits)
