"""Real statements of the simulated wallets: paid through the public doors, fetched, matched, fees posted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db.models import Sum

from common import clock
from common.clock import now
from common.models import ClockShift
from common.money import Money
from payments.models import Attempt, Payment, Posting, ReconciliationItem, StatementLine, StatementRun
from payments.reconciliation import reconcile_due
from payments.reconciliation.calendar import books_of
from payments.services import apply_result, create_link, refresh_payment, start_link_payment
from tests import factories
from wallets.gateway import adapter, call
from wallets.models import Provider
from wallets.providers.base import Channel, PaymentRequest, PaymentResult, PaymentState
from wallets.sandbox.testing import running_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
CURRENCY = {"alipay": "CNY", "wechat": "CNY", "stripe": "USD"}
NOTIFY = "http://127.0.0.1:9/hook"


class Story:
    def __init__(self, running, key: str) -> None:
        self.key, self.currency = key, CURRENCY[key]
        self.control = running.control.of(key)
        self.provider = Provider.objects.create(
            key=key, name=key.title(), status="vetted", currencies=[self.currency], regions=[]
        )

    def pay(self, minor: int = 50_000) -> None:
        account = factories.account(currency=self.currency, balance_minor=minor)
        link, _url = create_link(account)
        started = start_link_payment(
            link, amount_minor=minor, provider_key=self.key, return_url="http://127.0.0.1/back", idempotency="one"
        )
        self.settle(started.action)
        assert refresh_payment(started.payment).state == "succeeded"

    def settle(self, action) -> None:
        self.control.press(f"{self.control.open(action.url or action.payload)}/pay", choice="visa")

    def pay_elsewhere(self, reference: str, minor: int) -> None:
        """Paid at the wallet under a number our books do not have (or have with another amount)."""
        request = PaymentRequest(
            merchant_ref=reference,
            amount=Money(minor, self.currency),
            subject="Debt",
            notify_url=NOTIFY,
            channel=Channel.QR,
            client_ip="203.0.113.7",
        )
        self.settle(call(adapter(self.provider).create_payment(request), self.provider).action)

    def days_later(self, days: int = 5) -> None:
        ahead = ClockShift.advance(timedelta(days=days), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()

    def clearing(self) -> int:
        rows = Posting.objects.filter(ledger_account__kind="clearing", ledger_account__qualifier=self.key)
        return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0

    def items(self) -> list[tuple[str, int, int]]:
        rows = ReconciliationItem.objects.exclude(state="resolved").order_by("kind")
        return [(row.kind, row.expected_minor, row.stated_minor) for row in rows]


@pytest.fixture(scope="module")
def running(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR, only=("alipay", "wechat", "stripe")) as started:
        yield started


@pytest.fixture(params=["alipay", "wechat", "stripe"])
def story(request, running, settings, db):
    running.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running.base_url
    yield Story(running, request.param)


def test_what_was_paid_is_on_the_statement_and_its_fee_is_posted(story):
    story.pay()
    day = now().astimezone(books_of(story.key).zone).date()
    story.days_later(2)
    assert reconcile_due() >= 1
    line = StatementLine.objects.get()
    assert (line.state, line.amount_minor, story.items()) == ("matched", 50_000, [])
    assert line.fee_minor > 0 and story.clearing() == 50_000 - line.fee_minor
    call_command("reconcile", provider=story.key, day=day)
    assert (StatementLine.objects.count(), story.clearing()) == (1, 50_000 - line.fee_minor)
    assert reconcile_due() == 0
    assert set(StatementRun.objects.values_list("state", flat=True)) == {"read"}


def test_a_line_our_books_do_not_have_becomes_an_item(story):
    story.pay()
    story.pay_elsewhere("STRANGER0000001", 7_700)
    story.days_later()
    reconcile_due()
    assert story.items() == [("extra", 0, 7_700)]


def test_a_payment_the_statement_does_not_show_becomes_an_item(story):
    paid_in_our_books(story, "NEVERPAID000001", 6_600)
    story.pay()
    story.days_later(8)
    reconcile_due()
    assert story.items() == [("missing", 6_600, 0)]


def test_another_amount_on_the_statement_becomes_an_item(story):
    paid_in_our_books(story, "OTHERSUM0000001", 6_600)
    story.pay_elsewhere("OTHERSUM0000001", 6_500)
    story.days_later(8)
    reconcile_due()
    assert story.items() == [("amount", 6_600, 6_500)]


def paid_in_our_books(story, reference: str, minor: int) -> None:
    account = factories.account(currency=story.currency, balance_minor=minor)
    payment = Payment.objects.create(account=account, amount_minor=minor, currency=story.currency, source="link")
    attempt = Attempt.objects.create(
        payment=payment,
        provider=story.provider,
        merchant_reference=reference,
        state="pending",
        amount_minor=minor,
        currency=story.currency,
    )
    said = PaymentResult(state=PaymentState.SUCCEEDED, merchant_ref=reference, amount=attempt.amount)
    apply_result(attempt.pk, said, source="poll")
