"""Several workers at the same money. Each lock has a twin that shows the race when the lock is gone."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from accounts.models import Account
from payments.debits import debit_due_instalments, planning
from payments.errors import PaymentStillOpen
from payments.models import Attempt, Payment
from payments.services import apply_provider_event, apply_result, look_up_due_attempts, lookups, outcomes, starting
from payments.services.locking import lock_chain
from tests.payments.helpers import (
    balance,
    books_are_right,
    entries,
    kinds,
    only_attempt,
    open_page,
    planned_debit,
    tell_the_people,
)
from wallets import health
from wallets.providers.base import PaymentResult, PaymentState

pytestmark = pytest.mark.django_db(transaction=True)
TOGETHER = 4


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


def at_once(*jobs):
    """Run the jobs on threads that start together; returns their results, exceptions included."""
    barrier = threading.Barrier(len(jobs))
    results = [None] * len(jobs)

    def run(index, job):
        barrier.wait()
        try:
            results[index] = job()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, job)) for index, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "the jobs wait for each other"
    return results


def met(monkeypatch, where, name):
    """Make every caller of `where.name` wait, after its read, until all the others have read as well."""
    meeting = threading.Barrier(TOGETHER, timeout=3)
    original = getattr(where, name)

    def read_and_wait(*args):
        found = original(*args)
        try:
            meeting.wait()
        except threading.BrokenBarrierError:
            meeting.reset()
        return found

    monkeypatch.setattr(where, name, read_and_wait)


@pytest.fixture
def plan(account, wallet, alipay):
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    return plan


def succeeded(attempt):
    return PaymentResult(state=PaymentState.SUCCEEDED, merchant_ref=attempt.merchant_reference, amount=attempt.amount)


def test_workers_at_one_instalment_debit_it_once(plan, account, wallet):
    at_once(*[debit_due_instalments] * TOGETHER)
    assert wallet.debits() == 1 and Attempt.objects.count() == 1
    assert balance(account) == 85_000 and entries(account) == 1 and books_are_right()


def test_twin_without_the_account_lock_only_the_databases_own_rule_is_left(plan, account, wallet, monkeypatch, caplog):
    def without_lock(account_ids):
        return {row.pk: row for row in Account.objects.filter(pk__in=account_ids).select_related("debtor", "creditor")}

    monkeypatch.setattr(planning, "lock_free_accounts", without_lock)
    met(monkeypatch, planning, "_open_payments")
    at_once(*[debit_due_instalments] * TOGETHER)
    assert any("payment_one_open_per_account" in str(line.exc_info) for line in caplog.records), "the race was there"
    assert wallet.debits() <= 1 and Payment.objects.count() == 1


def test_a_success_told_by_several_at_once_is_posted_and_announced_once(account, wallet, alipay):
    open_page(account)
    attempt = only_attempt()
    at_once(*[lambda: apply_result(attempt.pk, succeeded(attempt), source="test")] * TOGETHER)
    assert entries(account) == 1 and balance(account) == 0
    assert kinds(account).count("payment.succeeded") == 1


def test_twin_without_the_lock_a_success_is_announced_several_times(account, wallet, alipay, monkeypatch):
    def without_locks(attempt_id):
        attempt = Attempt.objects.select_related("payment__account", "provider").get(pk=attempt_id)
        return attempt.payment.account, attempt.payment, attempt

    monkeypatch.setattr(outcomes, "lock_chain", without_locks)
    met(monkeypatch, outcomes, "lock_chain")
    open_page(account)
    attempt = Attempt.objects.get()
    at_once(*[lambda: apply_result(attempt.pk, succeeded(attempt), source="test")] * TOGETHER)
    assert kinds(account).count("payment.succeeded") > 1, "the race was there"
    assert entries(account) == 1, "the ledger's own key still kept the money right"


def test_a_notice_and_the_look_up_at_once_post_once(account, wallet, alipay):
    wallet.pay(open_page(account).action.url)
    wallet.hand_over(wallet.notices()[0])
    from payments.models import ProviderEvent

    event = ProviderEvent.objects.get()
    wallet.move_clock(minutes=1)
    at_once(
        lambda: apply_provider_event(event.pk),
        look_up_due_attempts,
        lambda: apply_provider_event(event.pk),
        look_up_due_attempts,
    )
    assert entries(account) == 1 and balance(account) == 0 and wallet.debits() == 1
    assert kinds(account).count("payment.succeeded") == 1


def test_two_pollers_do_not_ask_about_the_same_attempt(account, wallet, alipay, monkeypatch):
    open_page(account)
    wallet.move_clock(minutes=1)
    asked = []
    monkeypatch.setattr(lookups, "look_up", lambda attempt_id, **_rest: asked.append(attempt_id))
    at_once(*[look_up_due_attempts] * TOGETHER)
    assert len(asked) == 1


def test_a_payment_page_and_the_debit_exclude_each_other(plan, account, wallet):
    results = at_once(debit_due_instalments, lambda: open_page(account, 40_000))
    for started in results:
        if hasattr(started, "action") and started.action:
            wallet.pay(started.action.url)
    wallet.move_clock(minutes=20)
    look_up_due_attempts()
    debit_due_instalments()
    made = list(Attempt.objects.filter(state="succeeded").order_by("created_at"))
    assert wallet.debits() == len(made) == entries(account) and balance(account) == 125_000 - 40_000 * len(made)
    if isinstance(results[1], PaymentStillOpen) or results[0].sent == 0:
        assert len(made) == 1
    else:
        # The debit was over before the payer began: what they then chose to pay is a payment of its own.
        debit, page = made
        assert (debit.payment.source, page.payment.source) == ("debit", "link")
        assert debit.finished_at <= page.created_at


def test_one_payer_on_several_devices_starts_one_payment(account, wallet, alipay):
    jobs = [lambda key=key: open_page(account, 10_000, key=key) for key in ("a", "b", "c", "d")]
    results = at_once(*jobs)
    assert Payment.objects.count() == 1 and Attempt.objects.count() == 1
    assert sum(hasattr(result, "payment") for result in results) >= 1
    assert all(hasattr(result, "payment") or isinstance(result, PaymentStillOpen) for result in results)


def test_twin_without_the_account_lock_the_devices_collide_in_the_database(account, wallet, alipay, monkeypatch):
    def read_only(account_id):
        return Account.objects.get(pk=account_id)

    monkeypatch.setattr(starting, "lock_account", read_only)
    met(monkeypatch, starting, "refuse_unpayable")
    jobs = [lambda key=key: open_page(account, 10_000, key=key) for key in ("a", "b", "c", "d")]
    results = at_once(*jobs)
    assert any("payment_one_open_per_account" in str(result) for result in results), "the race was there"


def test_no_provider_is_called_inside_a_transaction(account, wallet, alipay):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        open_page(account)
    with pytest.raises(RuntimeError), transaction.atomic():
        debit_due_instalments()


def test_the_attempt_is_committed_when_the_wallet_is_asked(account, wallet, alipay, monkeypatch):
    """Seen from another connection at the moment of the call, as a worker that takes over would see it."""
    seen = []
    original = health.run

    def look_then_run(operation):
        seen.extend(at_once(lambda: list(Attempt.objects.values_list("state", flat=True))))
        return original(operation)

    monkeypatch.setattr(health, "run", look_then_run)
    open_page(account)
    assert seen[0] == ["sending"]


def test_the_lock_order_is_account_payment_attempt(account, wallet, alipay):
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    open_page(account)
    attempt = only_attempt()
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        lock_chain(attempt.pk)
    locking = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert ["accounts_account" in locking[0], "payments_payment" in locking[1], "payments_attempt" in locking[2]] == [
        True
    ] * 3
