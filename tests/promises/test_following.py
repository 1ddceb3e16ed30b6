"""What becomes of a promise: by the money that comes and goes, and by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Event
from accounts.work_list import explain, overdue_accounts, shown
from common.clock import now
from payments.models import Promise
from payments.promises import judge, judge_due
from payments.promises.rules import set_rule
from payments.promises.sweeping import break_unpaid
from tests import factories
from tests.promises.cast import move_to, paid, paid_directly, promised, quiet_of, state_of, take_back

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(account) -> list[str]:
    rows = Event.objects.filter(account=account, kind__startswith="promise.")
    return list(rows.order_by("pk").values_list("kind", flat=True))


def test_paid_in_time_it_is_kept_at_once_and_the_peace_stays_as_it_was_said(account, agent):
    promise = promised(account, (3, 50_000), by=agent)
    until = quiet_of(account)
    paid(account, 50_000)
    assert state_of(promise) == "kept" and promise.paid_minor == 50_000
    assert quiet_of(account) == until and kinds(account) == ["promise.taken", "promise.kept"]


def test_what_the_creditor_received_counts_too(account, agent):
    promise = promised(account, (3, 50_000), by=agent)
    paid_directly(account, 20_000)
    assert state_of(promise) == "open" and promise.paid_minor == 20_000
    paid_directly(account, 30_000)
    assert state_of(promise) == "kept"


def test_a_cent_short_is_within_the_tolerance_and_more_is_not(agent):
    for short, state in ((500, "kept"), (501, "partly_kept")):
        account = factories.account()
        promise = promised(account, (3, 50_000), by=agent)
        paid(account, 50_000 - short)
        move_to(promise.judge_at + timedelta(minutes=1))
        judge_due()
        assert state_of(promise) == state


def test_money_of_the_last_minute_of_grace_keeps_it_and_the_next_does_not(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    end = promise.judge_at
    move_to(end - timedelta(minutes=1))
    assert judge_due() == 0 and state_of(promise) == "open"
    paid(account, 50_000)
    assert state_of(promise) == "kept"
    move_to(end + timedelta(minutes=1))
    judge_due()
    assert state_of(promise) == "kept" and promise.judge_at is None


def test_a_minute_late_is_broken_and_stays_so(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    move_to(promise.judge_at + timedelta(minutes=1))
    assert judge_due() == 1
    assert state_of(promise) == "broken"
    paid(account, 50_000)
    assert state_of(promise) == "broken"


def test_a_payment_that_became_known_late_still_keeps_it(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    in_time = now() + timedelta(hours=1)
    move_to(promise.judge_at + timedelta(minutes=1))
    judge_due()
    paid_directly(account, 50_000, at=in_time)
    assert state_of(promise) == "kept"
    assert kinds(account) == ["promise.taken", "promise.broken", "promise.kept"]


def test_broken_it_ends_the_peace_and_stands_in_the_work_list(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    assert not shown(overdue_accounts(agent), "work").exists()
    move_to(promise.judge_at + timedelta(minutes=1))
    judge_due()
    assert quiet_of(account) is None
    (row,) = shown(overdue_accounts(agent), "work")
    explain([row])
    assert "promise broken today" in [said.words for said in row.reasons]
    paid(account, 1_000)
    explain([row])
    assert "promise broken today" not in [said.words for said in row.reasons]


def test_the_first_part_missed_breaks_it_all_and_the_peace_ends_then(account, agent):
    promise = promised(account, (1, 50_000), (20, 75_000), by=agent)
    paid(account, 10_000)
    move_to(promise.judge_at + timedelta(minutes=1))
    judge_due()
    assert state_of(promise) == "partly_kept" and promise.paid_minor == 10_000
    assert quiet_of(account) is None and promise.judge_at is None


def test_the_first_part_kept_the_second_is_waited_for(account, agent):
    promise = promised(account, (1, 50_000), (20, 75_000), by=agent)
    paid(account, 50_000)
    move_to(promise.judge_at + timedelta(minutes=1))
    judge_due()
    assert state_of(promise) == "open" and quiet_of(account) is not None
    move_to(promise.judge_at + timedelta(minutes=1))
    judge_due()
    assert state_of(promise) == "partly_kept"


def test_taken_back_before_its_day_it_is_open_again_and_after_it_broken(account, agent, lead):
    promise = promised(account, (3, 50_000), by=agent)
    payment = paid(account, 50_000)
    take_back(payment)
    assert state_of(promise) == "open" and promise.paid_minor == 0
    payment = paid(account, 50_000)
    assert state_of(promise) == "kept"
    move_to(promise.judge_at + timedelta(minutes=1))
    take_back(payment)
    assert state_of(promise) == "broken" and quiet_of(account) is None


def test_of_two_that_would_be_open_the_newer_is(account, agent):
    first = promised(account, (9, 50_000), by=agent)
    payment = paid(account, 50_000)
    second = promised(account, (5, 25_000), by=agent)
    take_back(payment)
    assert state_of(first) == "broken" and state_of(second) == "open"
    assert quiet_of(account) is not None


def test_money_counts_for_the_promise_that_stood_when_it_came(account, agent):
    first = promised(account, (1, 20_000), (20, 50_000), by=agent)
    move_to(first.judge_at + timedelta(minutes=1))
    judge_due()
    second = promised(account, (2, 30_000), by=agent)
    paid(account, 30_000)
    assert state_of(second) == "kept" and state_of(first) == "broken" and first.paid_minor == 0


def test_money_from_before_does_not_count(account, agent):
    paid(account, 25_000)
    promise = promised(account, (3, 50_000), by=agent)
    judge(promise.pk)
    assert state_of(promise) == "open" and promise.paid_minor == 0


def test_nothing_owed_any_more_keeps_it(account, agent):
    promise = promised(account, (3, 125_000), by=agent)
    paid(account, 130_000)
    assert state_of(promise) == "kept"


def test_judging_again_changes_nothing_and_lost_word_is_made_up_for(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    Promise.objects.filter(pk=promise.pk).update(paid_minor=0)
    for _time in range(3):
        judge(promise.pk)
    assert kinds(account) == ["promise.taken"]
    move_to(promise.judge_at + timedelta(minutes=1))
    assert (judge_due(), judge_due()) == (1, 0)
    assert kinds(account) == ["promise.taken", "promise.broken"]


def test_many_are_broken_together_and_those_with_money_are_counted(agent, django_assert_max_num_queries):
    rows = []
    for number in range(6):
        account = factories.account()
        rows.append(promised(account, (1, 50_000), by=agent))
        if number == 5:
            paid(account, 20_000)
    move_to(max(row.judge_at for row in rows) + timedelta(minutes=1))
    with django_assert_max_num_queries(45):
        assert judge_due() == 6
    assert [state_of(row) for row in rows] == ["broken"] * 5 + ["partly_kept"]
    assert all(row.judge_at is None and quiet_of(row.account) is None for row in rows)
    assert Event.objects.filter(kind="promise.broken").count() == 5


def test_a_few_statements_break_any_number(agent):
    counts = []
    for number in (1, 8):
        rows = [promised(factories.account(), (1, 50_000), by=agent) for _row in range(number)]
        move_to(max(row.judge_at for row in rows) + timedelta(minutes=1))
        with CaptureQueriesContext(connection) as seen:
            assert break_unpaid() == number
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_broken_together_or_one_by_one_it_is_the_same(agent):
    told = []
    for together in (True, False):
        account = factories.account()
        account.quiet_until, account.quiet_reason = now() + timedelta(days=40), "Asked to be called then."
        account.save()
        row = promised(account, (1, 50_000), (9, 20_000), by=agent)
        move_to(row.judge_at + timedelta(minutes=1))
        assert break_unpaid() == 1 if together else judge(row.pk)
        row.refresh_from_db()
        account.refresh_from_db()
        event = Event.objects.get(account=account, kind="promise.broken")
        told.append((row.state, row.paid_minor, row.judge_at, account.quiet_reason, sorted(event.data)))
    assert told[0] == told[1] and told[0][3] == "Asked to be called then."


def test_a_first_part_within_the_tolerance_is_not_broken_by_the_many(agent, lead):
    set_rule(None, by=lead, tolerance_minor=2_000)
    account = factories.account()
    row = promised(account, (1, 1_500), (5, 50_000), by=agent)
    move_to(row.judge_at + timedelta(minutes=1))
    assert break_unpaid() == 0
    judge_due()
    assert state_of(row) == "open"
