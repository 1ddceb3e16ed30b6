"""What tries teach is counted once each, in the payer's own time, whatever happens to the counting."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.clock import now
from payments.models import RetryFold, RetryStatistic
from payments.retries import folding
from payments.retries.folding import fold_tries
from payments.retries.selectors import learned, tries_of
from tests import factories
from tests.payments.retries.rows import instalment_of, tried
from wallets.models import Provider

LONG_AGO = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)


@pytest.fixture
def provider(db):
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])


def counted() -> dict[tuple[str, str, int], tuple[int, int]]:
    return {(row.reason, row.slot_kind, row.slot): (row.tries, row.successes) for row in RetryStatistic.objects.all()}


def test_a_try_is_counted_at_the_payers_own_weekday_day_and_hour(account, provider):
    tried(instalment_of(account), provider, LONG_AGO)
    assert fold_tries() == 1
    assert counted() == {
        ("first", "weekday", 2): (1, 0),
        ("first", "month_day", 11): (1, 0),
        ("first", "hour", 7): (1, 0),
    }


def test_a_try_after_a_failure_counts_under_its_reason(account, provider):
    row = instalment_of(account)
    tried(row, provider, LONG_AGO)
    tried(row, provider, LONG_AGO + timedelta(days=1), state="reversed")
    fold_tries()
    assert counted()["insufficient_funds", "hour", 7] == (1, 1) and counted()["first", "hour", 7] == (1, 0)


@pytest.mark.parametrize(
    "made",
    [
        {"state": "closed"},
        {"category": "operator", "reason": "credentials"},
        {"category": "retry_later", "reason": "provider_down"},
    ],
)
def test_what_was_not_the_debtors_answer_teaches_nothing(account, provider, made):
    tried(instalment_of(account), provider, LONG_AGO, **made)
    assert fold_tries() == 1 and counted() == {}


def test_the_size_of_the_amount_keeps_clusters_apart(account, provider):
    row = instalment_of(account)
    tried(row, provider, LONG_AGO, minor=999)
    tried(instalment_of(account, 2), provider, LONG_AGO, minor=1_000)
    fold_tries()
    assert sorted(RetryStatistic.objects.filter(slot_kind="hour").values_list("digits", flat=True)) == [1, 2]


def test_a_try_too_young_to_be_judged_waits_and_keeps_the_later_ones_waiting(account, provider):
    row = instalment_of(account)
    tried(row, provider, LONG_AGO)
    tried(row, provider, now() - timedelta(days=1))
    assert fold_tries() == 1 and fold_tries() == 0
    assert counted()["first", "hour", 7] == (1, 0)


def test_nothing_is_counted_twice_however_small_the_steps(account, provider):
    rows = [instalment_of(account, number) for number in range(1, 8)]
    for row in rows:
        tried(row, provider, LONG_AGO)
    steps = 0
    while fold_tries(batch=2):
        steps += 1
    assert steps == 4 and counted()["first", "hour", 7] == (7, 0)


@pytest.mark.django_db(transaction=True)
def test_a_fold_that_dies_half_way_leaves_no_trace(account, provider):
    RetryFold.objects.create(pk=1)
    tried(instalment_of(account), provider, LONG_AGO)
    with patch.object(RetryFold, "save", side_effect=RuntimeError("killed")), pytest.raises(RuntimeError):
        fold_tries()
    assert counted() == {} and RetryFold.objects.get().attempt_id == 0
    assert fold_tries() == 1 and counted()["first", "hour", 7] == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_folds_at_once_count_each_try_once(account, provider):
    for number in range(1, 41):
        tried(instalment_of(account, number), provider, LONG_AGO)
    passed: list[int] = []

    def fold() -> None:
        try:
            while step := fold_tries(batch=3):
                passed.append(step)
        finally:
            connection.close()

    workers = [threading.Thread(target=fold) for _worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(passed) == 40 and counted()["first", "hour", 7] == (40, 0)


@pytest.mark.django_db(transaction=True)
def test_no_debit_waits_for_the_counters(account, provider):
    """Whoever reads on holds the watermark and no attempt: a row that is being counted can be changed."""
    attempt = tried(instalment_of(account), provider, LONG_AGO)
    with transaction.atomic():
        fold_tries()
        changed: list[int] = []

        def change() -> None:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                    changed.append(type(attempt).objects.filter(pk=attempt.pk).update(look_ups=1))
            finally:
                connection.close()

        worker = threading.Thread(target=change)
        worker.start()
        worker.join()
    assert changed == [1]


class AgainstAnOracle(TestCase):
    """Counting by hand, try by try, in the zone of each payer."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.integers(0, 60 * 24 * 90),
                st.sampled_from(("failed", "failed", "reversed", "closed")),
                st.sampled_from(("insufficient_funds", "limit_reached", "provider_down")),
                st.integers(1, 200_000),
            ),
            max_size=14,
        )
    )
    def test_the_counters_say_what_the_tries_say(self, drawn):
        zones = ["Asia/Shanghai", "America/New_York", "Africa/Nairobi", ""]
        people = [factories.debtor(time_zone=zone) for zone in zones]
        owner = [factories.account(person=person, currency="CNY") for person in people]
        rows = [instalment_of(account) for account in owner]
        provider = Provider.objects.create(key="alipay", name="A", status="vetted", currencies=["CNY"])
        expected: Counter = Counter()
        before = ["first"] * 4
        for who, minutes, state, reason, minor in drawn:
            at = LONG_AGO + timedelta(minutes=minutes)
            tried(rows[who], provider, at, state=state, reason=reason, minor=minor)
            local = at.astimezone(ZoneInfo(zones[who] or "UTC"))
            digits = len(str(minor // 100))
            if state == "reversed" or (state == "failed" and reason != "provider_down"):
                for slot in (("weekday", local.weekday()), ("month_day", local.day), ("hour", local.hour)):
                    expected[before[who], digits, *slot, "tries"] += 1
                    expected[before[who], digits, *slot, "successes"] += state == "reversed"
            if state == "failed":
                before[who] = reason
        while fold_tries(batch=5):
            continue
        found: Counter = Counter()
        for row in RetryStatistic.objects.all():
            found[row.reason, row.digits, row.slot_kind, row.slot, "tries"] += row.tries
            found[row.reason, row.digits, row.slot_kind, row.slot, "successes"] += row.successes
        assert +found == +expected
        for one in learned():
            named = {"reason": one.reason, "currency": "CNY", "digits": one.digits}
            assert tries_of("alipay", **named).count() == one.counters.tries
            assert tries_of("alipay", **named, gained=True).count() == one.counters.successes
            for (kind, slot), (tries, _good) in one.counters.slots.items():
                assert tries_of("alipay", **named, kind=kind, slot=slot).count() == tries


def test_a_batch_is_bounded(account, provider):
    for number in range(1, 4):
        tried(instalment_of(account, number), provider, LONG_AGO)
    assert folding.fold_tries(batch=2) == 2
