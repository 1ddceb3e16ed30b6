"""Two workers, and words that arrive while a message is already in a worker's hands."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from common.clock import today
from compliance.models import ContactCount
from compliance.services import lock_debtor
from reminders.channels.base import SendResult
from reminders.dispatch import claim
from reminders.dispatch.prepare import prepare
from reminders.dispatch.settle import settle
from reminders.letters.services import make_batch
from reminders.models import Letter, Message
from reminders.services import cancel_queued, dispatch_due, plan_reminders, sweep_leases, withdraw_consent
from tests import factories
from tests.reminders.conftest import queue_reminder


def at_once(count: int, work) -> list:
    def and_close(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(and_close, range(count)))


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_share_the_work_and_send_each_message_once(outbox):
    for _ in range(30):
        queue_reminder(factories.account())
    counts = at_once(2, lambda _: sum(dispatch_due(batch=5).handed_over for _ in range(6)))
    assert sum(counts) == 30
    assert len(outbox.messages()) == 30
    assert not Message.objects.exclude(state__in=["sent", "delivered"]).exists()


@pytest.mark.django_db(transaction=True)
def test_two_messages_to_one_person_in_two_workers_end_in_one_contact(outbox):
    first = factories.account()
    second = factories.account(person=first.debtor, placement=first.portfolio, reachable=False)
    queue_reminder(first)
    queue_reminder(second)
    at_once(2, lambda _: dispatch_due(batch=1))
    assert len(outbox.messages()) == 1
    assert ContactCount.objects.get().count == 1


@pytest.mark.django_db(transaction=True)
def test_two_planners_of_the_same_day_plan_each_account_once(ready):
    for _ in range(20):
        factories.account()
    counts = at_once(2, lambda _: plan_reminders(today(), chunk=3).planned)
    assert sum(counts) == 20
    assert Message.objects.count() == 20


def test_a_stop_after_the_claim_still_stops_the_message(outbox, account, queued):
    (mine,) = claim.claim_due(10)
    withdraw_consent(account.debtor, channel="sms", source="test")
    assert prepare([mine]) == []
    queued.refresh_from_db()
    assert (queued.state, queued.channel) == ("due", "email")


def test_a_cancellation_reaches_what_waits_and_the_gate_reaches_the_rest(outbox, account, queued):
    assert cancel_queued(account, reason="A payment arrived.") == 1
    assert dispatch_due().claimed == 0


def test_a_worker_that_lost_its_claim_neither_sends_nor_writes(outbox, queued):
    (late,) = claim.claim_due(10)
    Message.objects.update(claimed_until="2020-01-01T00:00:00Z")
    sweep_leases()
    assert prepare([late]) == []
    settle([(late, SendResult.accepted("SM-late"))])
    queued.refresh_from_db()
    assert (queued.state, queued.provider_reference) == ("due", "")


def _both_wait_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_batch_at_once_print_each_letter_once(ready, lead):
    account = factories.account()
    factories.contact_point(account.debtor, kind="address", value="12 Harbour Road\nLondon E14 9SH")
    queue_reminder(account, channel="letter", left=())
    dispatch_due()
    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            lock_debtor(account.debtor_id)
            made = beside.submit(at_once, 2, lambda _: make_batch(by=lead))
            ends = time.monotonic() + 30
            while not (both := _both_wait_for_a_lock()) and time.monotonic() < ends:
                time.sleep(0.02)
        batches = made.result()
    assert both
    assert sorted(batch is None for batch in batches) == [False, True]
    assert Letter.objects.count() == 1
