"""What a person is told when money goes back: once for each, and by the gate like everything else."""

from __future__ import annotations

import pytest

from accounts.models import Hold
from common.clock import today
from common.money import Money
from compliance.services import ensure_default_policies
from payments.models import Attempt, Payment
from payments.refunds import approve_refund, record_transfer, request_refund
from payments.services import apply_result
from reminders.dispatch.content import compose
from reminders.models import Message
from reminders.services import ensure_default_templates
from wallets.models import Mandate, Provider
from wallets.providers.base import Dispute, PaymentResult, PaymentState
from wallets.signals import tell_end_in_wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def attempt(account, settings):
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, "http://127.0.0.1:9"
    ensure_default_policies()
    ensure_default_templates()
    provider = Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    payment = Payment.objects.create(account=account, amount_minor=50_000, currency="CNY", source="link")
    row = Attempt.objects.create(
        payment=payment,
        provider=provider,
        merchant_reference="A1",
        state="pending",
        amount_minor=50_000,
        currency="CNY",
    )
    say(row)
    return row


def say(attempt, state=PaymentState.SUCCEEDED, **more) -> None:
    result = PaymentResult(state=state, merchant_ref="A1", amount=attempt.amount, **more)
    apply_result(attempt.pk, result, source="poll")


def told(account, purpose: str) -> list[str]:
    messages = Message.objects.filter(account=account, purpose=purpose)
    return [compose(message, account).text for message in messages]


def test_a_payment_taken_back_is_told_once_with_its_amount(account, attempt):
    for _again in range(2):
        say(attempt, PaymentState.REVERSED)
    account.refresh_from_db()
    (text,) = told(account, "payment_reversed")
    assert "CN¥500.00" in text and "Alipay" in text and "CN¥1,250.00" in text


def test_a_disputed_part_is_told_in_spite_of_the_hold_it_causes(account, attempt):
    say(attempt, disputes=(Dispute(reference="D1", amount=Money(20_000, "CNY"), gone=True),))
    account.refresh_from_db()
    (text,) = told(account, "payment_reversed")
    assert "CN¥200.00" in text and Hold.objects.filter(account=account, kind="dispute").exists()


def test_money_given_back_is_told_when_it_is_done(account, attempt, agent, lead):
    refund = request_refund(
        Payment.objects.get(), amount=Money(20_000, "CNY"), purpose="owed_again", way="transfer", reason="r", by=agent
    )
    approve_refund(refund, by=lead)
    assert told(account, "refund_done") == []
    record_transfer(refund, by=agent, reference="BANK-1")
    account.refresh_from_db()
    (text,) = told(account, "refund_done")
    assert "CN¥200.00" in text and "CN¥950.00" in text


def test_who_alone_can_end_a_standing_order_is_told_so_once(account, attempt):
    mandate = Mandate.objects.create(
        account=account,
        provider=attempt.provider,
        merchant_reference="M1",
        currency="CNY",
        cap_minor=50_000,
        first_debit_on=today(),
        terms_version="1",
        terms_text="You let us take payments.",
    )
    for _again in range(2):
        tell_end_in_wallet(mandate)
    (text,) = told(account, "end_in_wallet")
    assert "only you can" in text.lower() and "Alipay" in text
