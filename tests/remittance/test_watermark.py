"""A draft reads what came since the last one and leaves nothing out, however late it was committed."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from payments.ledger import post_entries
from payments.models import Remittance, RemittanceLine
from payments.remittance import cancel, draft_due, draft_next
from payments.remittance.candidates import unremitted
from payments.remittance.watermark import seen_before
from tests import factories
from tests.payments.test_ledger_batches import payment
from tests.remittance.cast import agreed, month, pay, people, twice_remitted


@pytest.fixture
def account(db):
    found = factories.account(reachable=False)
    agreed(found.creditor)
    return found


def left(bank) -> int:
    """Whatever the marks say."""
    return unremitted(bank.pk, "CNY").count()


def lines_of(remittance) -> list[tuple[int, bool]]:
    return list(remittance.lines.order_by("pk").values_list("amount_minor", "late"))


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_is_committed_after_the_draft_goes_into_the_next(transactional_db):
    """Posted first, so its numbers are lower than those of everything the draft has seen."""
    slow = factories.account(reachable=False)
    bank = slow.creditor
    quick = factories.account(reachable=False, placement=slow.portfolio)
    agreed(bank)
    pay(quick, 1_000, month(2))  # opens the lines of the chart, for which the second would wait
    posted, drafted = threading.Event(), threading.Event()

    def pay_slowly():
        try:
            with transaction.atomic():
                pay(slow, 7_000, month(2))
                posted.set()
                assert drafted.wait(60)
        finally:
            posted.set()
            connection.close()

    worker = threading.Thread(target=pay_slowly)
    worker.start()
    assert posted.wait(60)
    pay(quick, 10_000, month(2))
    pay(quick, 5_000, month(1))
    first = draft_next(bank.pk, "CNY")
    drafted.set()
    worker.join()
    assert lines_of(first) == [(1_000, False), (10_000, False)]
    second = draft_next(bank.pk, "CNY")
    assert lines_of(second) == [(7_000, True), (5_000, False)]
    assert (left(bank), twice_remitted()) == (0, 0)


def test_money_of_a_later_period_that_was_there_already_is_not_passed_over(account):
    bank = account.creditor
    for back in (1, 3, 2):  # what belongs to the latest period came first
        pay(account, back * 1_000, month(back))
    assert draft_due() == 3
    assert left(bank) == 0
    assert list(RemittanceLine.objects.order_by("pk").values_list("amount_minor", flat=True)) == [3_000, 2_000, 1_000]


def test_money_that_becomes_known_late_goes_into_the_next_though_it_moved_before(account):
    pay(account, 10_000, month(3))
    draft_next(account.creditor_id, "CNY")
    pay(account, 700, month(3))
    pay(account, 5_000, month(2))
    assert lines_of(draft_next(account.creditor_id, "CNY")) == [(700, True), (5_000, False)]
    assert left(account.creditor) == 0


def test_what_a_cancelled_draft_frees_is_read_again(account):
    pay(account, 10_000, month(3))
    pay(account, 5_000, month(2))
    draft_next(account.creditor_id, "CNY")
    second = draft_next(account.creditor_id, "CNY")
    cancel(second, by=people()[0], reason="wrong terms")
    assert lines_of(draft_next(account.creditor_id, "CNY")) == [(5_000, False)]
    assert left(account.creditor) == 0


def test_a_mark_of_another_cluster_counts_for_nothing(account):
    """After a dump was restored elsewhere transactions are counted anew, from below every mark."""
    pay(account, 10_000, month(3))
    first = draft_next(account.creditor_id, "CNY")
    Remittance.objects.filter(pk=first.pk).update(seen_below=2**62, seen_by="another cluster")
    pay(account, 5_000, month(2))
    assert lines_of(draft_next(account.creditor_id, "CNY")) == [(5_000, False)]
    assert left(account.creditor) == 0


def oldest_running() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_the_mark_is_above_what_was_drafted_and_short_of_what_waits_for_a_later_period(transactional_db):
    account = factories.account(reachable=False)
    agreed(account.creditor)
    drafted = pay(account, 10_000, month(3))
    [waiting] = post_entries([payment(account, 1, key="of today")])
    pay(account, 5_000, month(2))
    running = oldest_running()  # somebody else's transactions, in this cluster, keep a mark low too
    first, second = (draft_next(account.creditor_id, "CNY") for _ in range(2))
    for remittance in (first, second):
        assert drafted.xid < remittance.seen_below or running <= drafted.xid
        assert min(running, waiting.entry.xid) <= remittance.seen_below <= waiting.entry.xid
    assert list(unremitted(account.creditor_id, "CNY", since=seen_before(second)).values_list("entry_id")) == [
        (waiting.entry.pk,)
    ]
