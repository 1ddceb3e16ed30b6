"""M-Pesa through the whole platform: prompts whose answer was lost, and standing orders Safaricom runs by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import Event
from common import clock
from common.clock import now, today
from common.errors import Conflict
from common.http import run
from common.models import ClockShift
from common.money import Money
from payments.errors import PaymentStillOpen
from payments.models import Attempt, JournalEntry, Payment, Plan, ProviderEvent
from payments.plans import create_plan
from payments.services import (
    apply_provider_event,
    apply_waiting_events,
    create_link,
    refresh_payment,
    start_link_payment,
)
from payments.services.direct import record_direct_payment
from payments.services.standing_orders import confirmed, post_scheduled
from tests import factories
from tests.payments.helpers import EVIDENCE, TERMS, balance, books_are_right, entries
from tests.wallets.mpesa_fixtures import LOCAL
from tests.wallets.receiver import Receiver, webhook_receiver
from wallets.gateway import adapter, notify_url
from wallets.models import Mandate, Provider
from wallets.providers.base import PaymentRequest
from wallets.sandbox.testing import ControlClient, running_sandbox
from wallets.services import pause_mandate, propose_mandate, revoke_mandate, start_mandate, tell_providers_of_endings

pytestmark = pytest.mark.django_db(transaction=True)
NAIROBI = ZoneInfo("Africa/Nairobi")
PHONE = "+254712345678"
PART = 100_000


@dataclass
class Phone:
    control: ControlClient
    receiver: Receiver
    client: Client

    def deliver(self) -> None:
        """Whatever came since arrives at our addresses and is applied."""
        for call in list(self.receiver.calls):
            answer = self.client.generic(
                "POST", call.path.removeprefix(self.receiver.place), call.body, content_type="application/json"
            )
            assert answer.status_code == 200
        apply_waiting_events()

    def hears(self, count: int) -> None:
        self.receiver.wait(count)
        self.deliver()

    def move_clock(self, **step: float) -> None:
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()

    def start_the_day(self) -> None:
        there = now().astimezone(NAIROBI)
        morning = datetime.combine(there.date() + timedelta(days=1), time(0, 30), there.tzinfo)
        self.move_clock(seconds=(morning - there).total_seconds())


@pytest.fixture(scope="module")
def running_mpesa(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR, only=("mpesa",)) as running:
        yield running


@pytest.fixture
def phone(running_mpesa, settings, db):
    running_mpesa.control.post("reset")
    settings.CACHES = LOCAL
    cache.clear()
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_mpesa.base_url
    with webhook_receiver() as receiver:
        settings.PUBLIC_URL = receiver.url.removesuffix("/hook")
        for key, name in (("mpesa", "M-Pesa"), ("mpesa_ratiba", "M-Pesa Ratiba")):
            Provider.objects.create(
                key=key, name=name, status="vetted", currencies=["KES"], review_due=today() + timedelta(days=90)
            )
        made = Phone(running_mpesa.control.of("mpesa"), receiver, Client())
        made.start_the_day()
        yield made


@pytest.fixture
def shillings(db):
    return factories.account(currency="KES", balance_minor=3 * PART)


@pytest.fixture
def order(shillings, phone) -> Mandate:
    """A standing order the payer approved, with a plan of the same dates."""
    provider = Provider.objects.get(key="mpesa_ratiba")
    run(adapter(provider).register_addresses(notify_url(provider)))
    mandate = propose_mandate(
        shillings,
        "mpesa_ratiba",
        cap=Money(PART, "KES"),
        first_debit_on=today("Africa/Nairobi") + timedelta(days=3),
        period=1,
        period_unit="month",
        evidence=EVIDENCE,
        terms=TERMS,
    )
    start_mandate(mandate, return_url="http://127.0.0.1/back", payer_hint=PHONE)
    phone.control.user("sign", reference=mandate.merchant_reference)
    phone.hears(1)
    mandate.refresh_from_db()
    assert mandate.state == "active"
    first = mandate.first_debit_on
    create_plan(shillings, parts=[(first, PART), (first + timedelta(days=31), 2 * PART)], mandate=mandate)
    return mandate


def runs(phone, count: int = 1) -> None:
    phone.move_clock(days=4)
    phone.control.user("tick")
    phone.hears(1 + count)


def receipt_of() -> str:
    return ProviderEvent.objects.get(kind="payment").facts["said"]["provider_ref"]


def test_a_debit_by_the_wallets_own_schedule_is_posted_once_and_pays_the_instalment(shillings, order, phone):
    runs(phone)
    payment, attempt = Payment.objects.get(), Attempt.objects.get()
    assert (payment.state, payment.source, payment.amount_minor) == ("succeeded", "scheduled", PART)
    assert (attempt.mandate_id, attempt.provider_reference, attempt.needs_person) == (order.pk, receipt_of(), False)
    phone.deliver()
    assert balance(shillings) == 2 * PART and entries(shillings) == 1 and books_are_right()
    states = Plan.objects.get().instalments.order_by("number").values_list("state", flat=True)
    assert list(states) == ["paid", "scheduled"]


def test_a_receipt_counts_once_however_often_and_under_whatever_key_it_is_told(shillings, order, phone):
    runs(phone)
    first = ProviderEvent.objects.get(kind="payment")
    again = ProviderEvent.objects.create(
        provider=first.provider,
        dedupe_key="another key",
        kind="payment",
        merchant_reference=first.merchant_reference,
        facts=first.facts,
    )
    assert apply_provider_event(again.pk) == "ignored"
    assert entries(shillings) == 1 and Payment.objects.count() == 1


def test_two_workers_post_a_receipt_once(shillings, order, phone):
    phone.move_clock(days=4)
    phone.control.user("tick")
    phone.receiver.wait(2)
    call = adapter(order.provider).parse_webhook(phone.receiver.calls[-1])[0]
    said = confirmed(order, call.payment.provider_ref)
    outcomes, start = [], threading.Barrier(2)

    def work() -> None:
        start.wait()
        outcomes.append(post_scheduled(order.pk, said).outcome)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert sorted(outcomes) == ["applied", "ignored"]
    assert entries(shillings) == 1 and balance(shillings) == 2 * PART


def test_the_database_takes_a_receipt_once(shillings, order, phone):
    runs(phone)
    attempt = Attempt.objects.get()
    attempt.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        attempt.save(force_insert=True)


def test_a_receipt_the_books_do_not_have_waits_and_then_goes_to_a_person(shillings, order, phone):
    event = ProviderEvent.objects.create(
        provider=order.provider,
        dedupe_key="made up",
        kind="payment",
        merchant_reference=order.merchant_reference,
        facts={"said": {"state": "succeeded", "provider_ref": "SFORGED001"}},
    )
    assert apply_provider_event(event.pk) == "received"
    phone.move_clock(hours=2)
    assert apply_provider_event(event.pk) == "needs_person"
    assert JournalEntry.objects.filter(kind="payment").count() == 0 and balance(shillings) == 3 * PART


def test_money_that_comes_after_the_end_is_posted_and_shown_to_a_person(shillings, order, phone):
    revoke_mandate(order, reason="asked for")
    runs(phone)
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.needs_person, attempt.reason) == ("succeeded", True, "after_the_end")
    assert balance(shillings) == 2 * PART and books_are_right()


def test_a_wallet_that_only_the_payer_can_stop_is_not_told_and_the_record_says_so(shillings, order, phone):
    revoke_mandate(order, reason="asked for")
    tell_providers_of_endings()
    order.refresh_from_db()
    assert order.revoke_due_at is None and order.revoke_tries == 1
    assert Event.objects.filter(kind="mandate.end_in_wallet", account=shillings).count() == 1
    assert tell_providers_of_endings() == 0


def ordered(account, *, last_debit_on=None) -> Mandate:
    mandate = propose_mandate(
        account,
        "mpesa_ratiba",
        cap=Money(PART, "KES"),
        first_debit_on=today("Africa/Nairobi") + timedelta(days=3),
        last_debit_on=last_debit_on,
        period=1,
        period_unit="month",
        evidence=EVIDENCE,
        terms=TERMS,
    )
    start_mandate(mandate, return_url="http://127.0.0.1/back", payer_hint=PHONE)
    return mandate


def test_the_wallet_is_told_the_last_day_so_that_it_stops_by_itself(shillings, phone):
    last = today("Africa/Nairobi") + timedelta(days=64)
    ordered(shillings, last_debit_on=last)
    (known,) = phone.control.get("mpesa/orders")["orders"]
    assert known["last"] == last.isoformat()


def test_an_order_that_pays_the_rest_is_over_and_nobody_has_to_end_it(shillings, phone):
    provider = Provider.objects.get(key="mpesa_ratiba")
    run(adapter(provider).register_addresses(notify_url(provider)))
    record_direct_payment(shillings, Money(2 * PART, "KES"), received_at=now(), external_reference="till 4")
    mandate = ordered(shillings, last_debit_on=today("Africa/Nairobi") + timedelta(days=3))
    phone.control.user("sign", reference=mandate.merchant_reference)
    phone.hears(1)
    runs(phone)
    tell_providers_of_endings()
    mandate.refresh_from_db()
    assert (mandate.state, mandate.revoke_due_at) == ("revoked", None)
    assert Attempt.objects.get().needs_person is False
    assert not Event.objects.filter(kind="mandate.end_in_wallet").exists()


def test_what_the_wallet_debits_by_itself_cannot_be_paused_here(order):
    with pytest.raises(Conflict, match="debits by itself"):
        pause_mandate(order, reason="a hard month")
    assert Mandate.objects.get().state == "active"


def prompted(account, phone) -> Attempt:
    link, _url = create_link(account)
    phone.control.fault("timeout_after_commit", method="push")
    with pytest.raises(PaymentStillOpen):
        start_link_payment(
            link,
            amount_minor=account.balance_minor,
            provider_key="mpesa",
            return_url="http://127.0.0.1/back",
            idempotency="form",
            payer_hint=PHONE,
        )
    return Attempt.objects.select_related("payment").get()


def test_a_lost_prompt_is_posted_when_its_callback_names_it_and_a_second_one_goes_to_a_person(shillings, phone):
    attempt = prompted(shillings, phone)
    assert (attempt.state, attempt.provider_reference) == ("unknown", "")
    phone.control.user("pay", reference=attempt.merchant_reference)
    phone.hears(1)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.provider_reference.startswith("ws_")) == ("succeeded", True)
    refresh_payment(attempt.payment)
    assert balance(shillings) == 0 and entries(shillings) == 1 and books_are_right()
    # Should our memory of that prompt be lost too, a second one paid under the same number is a person's to put right.
    cache.clear()
    request = PaymentRequest(
        merchant_ref=attempt.merchant_reference,
        amount=attempt.amount,
        subject="again",
        notify_url=notify_url(attempt.provider),
        payer_hint=PHONE,
    )
    assert run(adapter(attempt.provider).create_payment(request)).provider_ref
    phone.control.user("pay", reference=attempt.merchant_reference)
    phone.hears(2)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.needs_person, attempt.reason) == ("succeeded", True, "second_debit")
    assert entries(shillings) == 1 and books_are_right()
