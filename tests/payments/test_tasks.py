"""The thin doors: each does its work, leaves a sign of life, and survives a broker that is down."""

from __future__ import annotations

import pytest
from celery import current_app

from common.clock import now
from common.models import Heartbeat
from payments import tasks
from payments.access import access_payment, access_payment_of_link
from payments.models import Instalment, ProviderEvent
from payments.services import mark_noticed
from tests import factories
from tests.common.test_turns import somebody_at_work
from tests.payments.helpers import balance, open_page, planned_debit, tell_the_people


@pytest.fixture
def nowhere(settings):
    """A broker nobody listens at."""
    before = current_app.conf.broker_url
    current_app.conf.broker_url = "redis://127.0.0.1:9/0"
    yield
    current_app.conf.broker_url = before


def test_every_beat_entry_names_a_task_that_exists_and_leaves_a_sign_of_life(wallet, alipay):
    for entry in tasks.BEAT.values():
        assert entry["task"] in current_app.tasks
        current_app.tasks[entry["task"]]()
    assert Heartbeat.objects.count() == len(tasks.BEAT)


def test_the_tasks_carry_an_instalment_from_due_to_paid(account, wallet, alipay):
    planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tasks.notice_debits()
    assert mark_noticed(Instalment.objects.get(state="noticed").pk, now())
    wallet.move_clock(days=3)
    tasks.debit_due()
    assert balance(account) == 85_000


def test_a_broker_that_is_down_does_not_lose_a_notice(account, wallet, alipay, nowhere):
    wallet.pay(open_page(account).action.url)
    assert wallet.hand_over(wallet.notices()[0]).content == b"success"
    tasks.enqueue_event(ProviderEvent.objects.get().pk)
    tasks.apply_provider_events()
    assert balance(account) == 0


def test_one_unreadable_notice_does_not_keep_the_others_waiting(account, wallet, alipay):
    ProviderEvent.objects.create(provider=alipay, dedupe_key="broken", kind="payment", merchant_reference="x", facts={})
    wallet.pay(open_page(account).action.url)
    broken = ProviderEvent.objects.get()
    attempt = account.payments.get().attempts.get()
    ProviderEvent.objects.filter(pk=broken.pk).update(merchant_reference=attempt.merchant_reference)
    wallet.deliver()
    assert balance(account) == 0


def test_a_payment_is_only_shown_to_those_it_concerns(account, wallet, alipay):
    payment = open_page(account).payment
    agent = factories.user(role="agent")
    owner = factories.user(role="creditor", creditor=account.creditor)
    stranger = factories.user(role="creditor", creditor=factories.creditor())
    assert access_payment(agent, payment.reference) == access_payment(owner, payment.reference) == payment
    for attempt in (lambda: access_payment(stranger, payment.reference), lambda: access_payment(agent, "PAY-nonsense")):
        with pytest.raises(Exception, match="no such payment"):
            attempt()


def test_a_link_shows_only_its_own_payments(account, wallet, alipay):
    payment = open_page(account).payment
    other = factories.account()
    assert access_payment_of_link(payment.link, payment.reference) == payment
    with pytest.raises(Exception, match="no such payment"):
        access_payment_of_link(other.payment_links.create(expires_at=payment.created_at), payment.reference)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("at_once", "debited"), [(1, False), (2, True)])
def test_a_tick_beside_a_run_at_work_returns_at_once(account, wallet, alipay, settings, at_once, debited):
    settings.DEBIT_RUNS_AT_ONCE = at_once
    planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    with somebody_at_work("debits"):
        tasks.debit_due()
        assert (wallet.debits() == 1) is debited
        assert Heartbeat.objects.filter(name="debit_due").exists() is debited
    tasks.debit_due()
    assert wallet.debits() == 1


ROUTES = {
    "default": {
        "accounts.deliver_webhooks", "accounts.forget_hardship", "accounts.keep_work_list", "accounts.purge_uploads",
        "accounts.seal_events",
    },
    "money": {
        "payments.apply_provider_event", "payments.apply_provider_events", "payments.look_up_attempts",
        "payments.notice_debits", "payments.debit_due", "payments.close_expired", "payments.refunds",
        "payments.end_mandates", "payments.sweep_mandates", "payments.sweep_deposits",
        "payments.settle_moves",
    },
    "long": {
        "accounts.check_import", "accounts.resume_imports", "accounts.run_import", "payments.accrue",
        "payments.draft_remittances", "payments.judge_promises", "payments.learn_from_tries", "payments.reconcile",
        "payments.replay_late_facts",
    },
}  # fmt: skip


def test_no_payment_and_no_webhook_waits_behind_what_is_long():
    """Whoever adds a task says here whom it may keep waiting."""
    found = {queue: set() for queue in ROUTES}
    for task in current_app.tasks:
        if task.startswith(("accounts.", "payments.")):
            found[current_app.amqp.router.route({}, task)["queue"].name].add(task)
    assert found == ROUTES
