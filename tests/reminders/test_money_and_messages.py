"""Where money meets messages: a payment silences and thanks; no debit before its notice was really sent."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Account, Event, Hold
from common.clock import now, today
from compliance.models import ContactPolicy
from payments.ledger import Line, post_entry
from payments.models import Instalment, Payment, Plan
from payments.signals import payment_confirmed
from reminders.models import Message
from reminders.services import dispatch_due, plan_debit_notices
from tests.payments.debit_rows import numbered
from tests.reminders.conftest import email_of
from wallets.models import Mandate, Provider


def paid(account, minor: int, *, source: str = "link") -> Payment:
    """A payment posted in full, as the payments app leaves it."""
    entry, _ = post_entry(
        "payment",
        idempotency_key=f"test-payment:{account.pk}:{minor}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now(),
        lines=[
            Line("clearing", minor, qualifier="alipay"),
            Line("receivable", -minor, account=account, component="principal"),
        ],
    )
    payment = Payment.objects.create(
        account=account,
        amount_minor=minor,
        currency=account.currency,
        source=source,
        state="succeeded",
        entry=entry,
        finished_at=now(),
    )
    account.refresh_from_db()
    return payment


def test_a_payment_cancels_what_is_queued_and_thanks(outbox, account, queued):
    payment_confirmed.send(sender=Payment, payments=[paid(account, 25_000)])
    queued.refresh_from_db()
    assert (queued.state, queued.reason) == ("cancelled", "A payment arrived.")
    dispatch_due()
    (mail,) = outbox.messages()
    assert mail["to"] == email_of(account)
    assert "250.00" in mail["subject"]
    assert "1,000.00" in mail["text"]


def test_the_same_payment_announced_twice_is_thanked_once(outbox, account):
    payment = paid(account, 25_000)
    for _ in range(2):
        payment_confirmed.send(sender=Payment, payments=[payment])
        dispatch_due()
    assert len(outbox.messages()) == 1


def test_a_paid_account_gets_its_receipt_and_then_silence(outbox, account, queued):
    payment = paid(account, account.balance_minor)
    Account.objects.filter(pk=account.pk).update(status="paid")
    Message.objects.filter(pk=queued.pk).update(state="due")
    payment_confirmed.send(sender=Payment, payments=[payment])
    for _ in range(3):
        dispatch_due()
    assert [row["to"] for row in outbox.messages()] == [email_of(account)]


def test_a_payment_between_planning_and_sending_stops_the_reminder_without_any_signal(outbox, account, queued):
    paid(account, account.balance_minor)
    dispatch_due()
    queued.refresh_from_db()
    assert queued.state == "blocked"
    assert not outbox.messages()


@pytest.fixture
def instalment(account):
    """750.00 due in two days under Wang Fang's Alipay agreement, announced by payments a moment ago."""
    provider = Provider.objects.create(key="alipay-test", name="Alipay", status="vetted")
    mandate = Mandate.objects.create(
        account=account,
        provider=provider,
        merchant_reference="M1",
        state="active",
        currency="CNY",
        cap_minor=100_000,
        first_debit_on=today(),
        terms_version="1",
        terms_text="terms",
        evidence={"agreed_at": now().isoformat(), "ip": "203.0.113.7", "user_agent": "phone"},
    )
    numbered(mandate, "P1")
    plan = Plan.objects.create(account=account, mandate=mandate, state="active", currency="CNY", total_minor=75_000)
    return Instalment.objects.create(
        plan=plan,
        number=1,
        due_on=today() + timedelta(days=2),
        amount_minor=75_000,
        state="noticed",
        noticed_at=now(),
        debit_not_before=now() + timedelta(days=1),
    )


def noticed_at(instalment):
    return Instalment.objects.values_list("noticed_at", flat=True).get(pk=instalment.pk)


def test_the_notice_names_amount_wallet_and_day_and_counts_only_once_sent(outbox, account, instalment):
    before = noticed_at(instalment)
    assert plan_debit_notices() == 1
    assert noticed_at(instalment) is None
    dispatch_due()
    (mail,) = outbox.messages()
    assert "750.00" in mail["subject"]
    assert "Alipay" in mail["text"]
    assert noticed_at(instalment) == Message.objects.get().sent_at >= before


def test_one_debit_is_announced_once(outbox, instalment):
    assert plan_debit_notices() == 1
    dispatch_due()
    assert plan_debit_notices() == 0
    assert noticed_at(instalment)


def test_a_notice_that_waits_for_the_morning_keeps_the_debit_waiting(outbox, instalment):
    ContactPolicy.objects.update(allow_saturday=False, allow_sunday=False, allow_holidays=False)
    local = now().astimezone(ZoneInfo("Asia/Shanghai"))
    closed = time(0, 0) if local.hour >= 12 else time(20, 0)
    ContactPolicy.objects.update(window_start=closed, window_end=time(closed.hour, 30))
    plan_debit_notices()
    dispatch_due()
    assert not outbox.messages()
    assert noticed_at(instalment) is None


def test_a_notice_the_person_refuses_by_mail_and_text_lies_in_the_app(outbox, account, instalment):
    account.debtor.contact_points.all().delete()
    plan_debit_notices()
    for _ in range(3):
        dispatch_due()
    row = Message.objects.get()
    assert (row.channel, row.state) == ("in_app", "delivered")
    assert noticed_at(instalment) == row.sent_at


def test_no_notice_reaches_the_dead_and_a_person_learns_of_it(outbox, account, instalment):
    Hold.objects.create(debtor=account.debtor, kind="deceased", blocks=["contact"], reason="told by family")
    plan_debit_notices()
    Message.objects.update(channels_left=[])
    dispatch_due()
    assert Message.objects.get().state == "blocked"
    assert noticed_at(instalment) is None
    assert Event.objects.filter(kind="debit.notice_failed", account=account).exists()


@pytest.mark.parametrize(
    "change", [{"state": "paid"}, {"state": "cancelled"}, {"notice_round": 1}, {"retry_on": date(2199, 1, 1)}]
)
def test_a_notice_that_waited_is_not_sent_for_a_debit_that_was_called_off(outbox, account, instalment, change):
    plan_debit_notices()
    Instalment.objects.filter(pk=instalment.pk).update(**change)
    dispatch_due()
    row = Message.objects.get()
    assert (row.state, row.reason) == ("cancelled", "This debit was called off.")
    assert not outbox.messages() and noticed_at(instalment) is None


def test_a_plan_that_was_cancelled_announces_nothing(instalment):
    Plan.objects.update(state="cancelled")
    assert plan_debit_notices() == 0
