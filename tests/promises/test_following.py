"""What becomes of a promise: by the money that comes and goes, and by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from accounts.work_list import explain, overdue_accounts, shown
from common.clock import now
from payments.models import Promise
from payments.promises import judge, judge_due
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
