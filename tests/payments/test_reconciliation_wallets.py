"""Real statements of the simulated wallets: paid through the public doors, fetched, matched, fees posted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import Sum

from common import clock
from common.clock import now
from common.models import ClockShift
from common.money import Money
from payments.models import Attempt, Payment, Posting, ReconciliationItem, StatementLine, StatementRun
from payments.reconciliation import reconcile_due
from payments.services import apply_result, create_link, refresh_payment, start_link_payment
from tests import factories
from tests.wallets.mpesa_fixtures import LOCAL
from wallets.gateway import adapter, call
from wallets.models import Provider, ProviderFee
from wallets.providers.base import Channel, PaymentRequest, PaymentResult, PaymentState
from wallets.providers.registry import facts_of
from wallets.sandbox.testing import running_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
CURRENCY = {
    "alipay": "CNY",
    "wechat": "CNY",
    "bank_gateway": "CNY",
    "stripe": "USD",
    "paypal": "USD",
    "mpesa": "KES",
}
SIMULATORS = {"bank_gateway": "bank"}
# Their books say nothing about fees.
WITHOUT_FEES = ("mpesa",)
# Wallets that take a payment in another currency than the one that was owed.
FOREIGN = {"stripe": "EUR", "paypal": "EUR", "bank_gateway": "USD"}
# What moves a balance beside trades and what is a withdrawal, in the wallet's words, and its unit for one cent.
BESIDE = {"alipay": ("转账", "提现", Decimal("0.01")), "wechat": ("企业付款", "提现", 1)}
NOTIFY = "http://127.0.0.1:9/hook"
PHONE = "+254712345678"
PART = 50_000


class Story:
    def __init__(self, running, key: str) -> None:
        self.key, self.currency = key, CURRENCY[key]
        self.control = running.control.of(SIMULATORS.get(key, key))
        self.provider = Provider.objects.create(
            key=key, name=key.title(), status="vetted", currencies=[self.currency], regions=[]
        )

    def pay(self, minor: int = PART) -> None:
        account = factories.account(currency=self.currency, balance_minor=minor)
        link, _url = create_link(account)
        started = start_link_payment(
            link,
            amount_minor=minor,
            provider_key=self.key,
            return_url="http://127.0.0.1/back",
            idempotency="one",
            payer_hint=PHONE if self.key == "mpesa" else "",
        )
        self.settle(started.action)
        assert refresh_payment(started.payment).state == "succeeded"

    def settle(self, action) -> None:
        if self.key == "mpesa":
            self.control.user("pay", phone=PHONE.removeprefix("+"))
        elif self.key == "paypal":
            self.control.open(action.url)
            self.control.press(f"/paypal/checkoutnow/{action.url.rpartition('=')[2]}/pay")
        else:
            self.control.press(f"{self.control.open(action.url or action.payload)}/pay", choice="visa")

    def pay_elsewhere(self, reference: str, minor: int, *, currency: str = "") -> None:
        """Paid at the wallet under a number our books do not have (or have with another amount or currency)."""
        if self.key == "mpesa":
            self.control.user("bill", phone=PHONE.removeprefix("+"), amount=minor // 100, account=reference)
            return
        if self.key == "bank_gateway":
            self.control.user("transfer", amount=str(minor), reference=reference, currency=currency)
            return
        wallet = adapter(self.provider)
        request = PaymentRequest(
            merchant_ref=reference,
            amount=Money(minor, currency or self.currency),
            subject="Debt",
            notify_url=NOTIFY,
            return_url="http://127.0.0.1/back",
            channel=Channel.QR,
            client_ip="203.0.113.7",
        )
        made = call(wallet.create_payment(request), self.provider)
        self.settle(made.action)
        call(wallet.get_payment(reference, made.provider_ref), self.provider)

    def days_later(self, days: int = 5) -> int:
        """In steps of hours, nearly as the beat finds it: M-Pesa's books come at night and reach back 48 hours only."""
        return sum(self._later(timedelta(hours=4)) for _step in range(6 * days))

    def _later(self, step: timedelta) -> int:
        ahead = ClockShift.advance(step, sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()
        return reconcile_due()

    def clearing(self) -> int:
        rows = Posting.objects.filter(ledger_account__kind="clearing", ledger_account__qualifier=self.key)
        return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0

    def items(self) -> list[tuple[str, int, int]]:
        rows = ReconciliationItem.objects.exclude(state="resolved").order_by("kind", "currency")
        return [(row.kind, row.expected_minor, row.stated_minor) for row in rows]


@pytest.fixture(scope="module")
def running(secrets_folder):
    packages = tuple(SIMULATORS.get(key, key) for key in CURRENCY)
    with running_sandbox(django_settings.SECRETS_DIR, only=packages) as started:
        yield started


@pytest.fixture(params=list(CURRENCY))
def story(request, running, settings, db):
    running.control.post("reset")
    settings.CACHES = LOCAL
    cache.clear()
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running.base_url
    yield Story(running, request.param)


def test_what_was_paid_is_on_the_statement_and_its_fee_is_posted(story):
    story.pay()
    day = now().astimezone(facts_of(story.key).books.zone).date()
    assert story.days_later(2) >= 1
    line = StatementLine.objects.get()
    assert (line.state, line.amount_minor, story.items()) == ("matched", PART, [])
    assert (line.fee_minor > 0) is (story.key not in WITHOUT_FEES)
    assert story.clearing() == PART - line.fee_minor
    if story.key != "mpesa":
        call_command("reconcile", provider=story.key, day=day)
    assert (StatementLine.objects.count(), story.clearing()) == (1, PART - line.fee_minor)
    assert reconcile_due() == 0
    assert set(StatementRun.objects.values_list("state", flat=True)) == {"read"}


def test_a_line_our_books_do_not_have_becomes_an_item(story):
    story.pay()
    story.pay_elsewhere("XSTRANGER001", 7_700)
    story.days_later()
    assert story.items() == [("extra", 0, 7_700)]


def test_money_that_moved_beside_trades_becomes_an_item_and_a_withdrawal_does_not(story):
    if story.key not in BESIDE:
        pytest.skip("this wallet tells of trades and of the rest in one list")
    kind, withdrawal, unit = BESIDE[story.key]
    story.pay()
    story.control.user("move", kind=kind, amount=str(-300 * unit))
    story.control.user("move", kind=withdrawal, amount=str(-40_000 * unit))
    story.days_later(2)
    assert story.items() == [("extra", 0, -300)]
    fee = StatementLine.objects.get(kind="payment").fee_minor
    assert story.clearing() == PART - fee - 300


def test_a_payment_the_statement_does_not_show_becomes_an_item(story):
    paid_in_our_books(story, "NEVERPAID001", 6_600)
    story.pay()
    story.days_later(8)
    assert story.items() == [("missing", 6_600, 0)]


def test_another_amount_on_the_statement_becomes_an_item(story):
    paid_in_our_books(story, "OTHERSUM0001", 6_600)
    story.pay_elsewhere("OTHERSUM0001", 6_500)
    story.days_later(8)
    assert story.items() == [("amount", 6_600, 6_500)]


def test_another_currency_on_the_statement_becomes_an_item(story):
    if story.key not in FOREIGN:
        pytest.skip("this wallet takes one currency only")
    Provider.objects.filter(pk=story.provider.pk).update(currencies=[story.currency, FOREIGN[story.key]])
    if story.key == "bank_gateway":
        Provider.objects.filter(pk=story.provider.pk).update(currencies=[story.currency])
    story.provider.refresh_from_db()
    paid_in_our_books(story, "OTHERCUR0001", 6_600)
    story.pay_elsewhere("OTHERCUR0001", 6_600, currency=FOREIGN[story.key])
    story.days_later(8)
    assert sorted(story.items()) == [("currency", 0, 6_600), ("currency", 6_600, 0)]


def test_another_fee_than_agreed_becomes_an_item(story):
    if story.key in WITHOUT_FEES:
        pytest.skip("these books say nothing about fees")
    ProviderFee.objects.create(provider=story.provider, currency=story.currency, basis_points=1)
    story.pay()
    story.days_later(2)
    (item,) = ReconciliationItem.objects.exclude(state="resolved")
    assert (item.kind, item.expected_minor, item.stated_minor > 5) == ("fee", 5, True)


def test_without_any_statement_what_is_overdue_is_missed_by_itself(story):
    story.pay()
    story.control.fault("http_500", times=10_000, method="books" if story.key == "mpesa" else "")
    books = facts_of(story.key).books
    story.days_later((books.overdue + books.grace).days - 1)
    # A day that is out of the books' reach is given up, and not waited for.
    assert story.items() == [] or story.key == "mpesa"
    story.days_later(2)
    assert story.items() == [("missing", PART, 0)]


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
