"""Taking a promise, changing it, taking it back: under limits, once, with everything else waiting for its day."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Event
from common.clock import now
from common.errors import Conflict, Forbidden, InvalidInput
from payments.models import Promise, QuietPeriod
from payments.promises import Part, amend_promise, judge_due, take_promise, withdraw_promise
from payments.promises.quiet import leave_in_peace
from payments.promises.rules import rule_for, set_rule
from payments.promises.taking import midnight_after, peace_of
from tests import factories
from tests.promises.cast import in_days, move_to, paid, promised, quiet_of, state_of


def test_a_promise_leaves_the_account_in_peace_until_the_day_after_it_with_its_grace(account, agent):
    promise = promised(account, (3, 50_000), by=agent)
    assert quiet_of(account) == midnight_after(account, in_days(4)) == peace_of(promise)
    assert account.quiet_reason == "Promised to pay by then."
    (event,) = Event.objects.filter(kind="promise.taken", account=account, actor=agent)
    assert event.data["amount_minor"] == 50_000 and event.data["parts"] == [[in_days(3).isoformat(), 50_000]]


def test_a_promise_in_two_parts_keeps_the_peace_until_the_last(account, agent):
    promise = promised(account, (2, 50_000), (9, 75_000), by=agent)
    assert promise.total_minor == 125_000 and promise.parts.count() == 2
    assert quiet_of(account) == midnight_after(account, in_days(10))
    assert promise.judge_at == midnight_after(account, in_days(3))


@pytest.mark.parametrize(
    ("parts", "field", "says"),
    [
        ([(-1, 50_000)], "day", "This day is over"),
        ([(40, 50_000)], "day", "repayment plan"),
        ([(1, 0)], "amount", "no more than is owed"),
        ([(1, 125_001)], "amount", "no more than is owed"),
        ([(1, 100_000), (2, 25_001)], "amount", "no more than is owed"),
        ([(1, 999)], "amount", "at least"),
        ([(1, 5_000), (1, 5_000)], "day", "a day of its own"),
        ([(1, 5_000), (2, 5_000), (3, 5_000), (4, 5_000)], "amount", "1 to 3|one to 3"),
    ],
)
def test_what_cannot_be_promised_is_refused_at_its_field(account, agent, parts, field, says):
    with pytest.raises(InvalidInput, match=says) as refused:
        promised(account, *parts, by=agent)
    assert refused.value.field == field
    assert not Promise.objects.exists() and quiet_of(account) is None


def test_a_debt_below_the_least_amount_can_be_promised_whole(agent):
    account = factories.account(balance_minor=700)
    assert promised(account, (1, 700), by=agent).state == "open"


def test_nothing_owed_is_nothing_to_promise(account, agent):
    paid(account, 125_000)
    with pytest.raises(Conflict, match="Nothing is owed"):
        promised(account, (1, 100), by=agent)


def test_the_second_is_told_who_took_the_first(account, agent, lead):
    promised(account, (3, 50_000), by=agent)
    with pytest.raises(Conflict, match=r"500\.00.*Alice Agent"):
        promised(account, (4, 60_000), by=lead)


def test_the_same_form_again_is_the_same_promise(account, agent):
    first = promised(account, (3, 50_000), by=agent, request_key="f1")
    assert promised(account, (3, 50_000), by=agent, request_key="f1") == first
    assert Event.objects.filter(kind="promise.taken").count() == 1


def test_after_two_broken_ones_a_supervisor_takes_the_next(account, agent, lead):
    for _number in range(2):
        promise = promised(account, (0, 50_000), by=agent)
        move_to(promise.judge_at + timedelta(minutes=1))
        judge_due()
        assert state_of(promise) == "broken"
    with pytest.raises(Conflict, match="2 promises were not kept"):
        promised(account, (1, 50_000), by=agent)
    with pytest.raises(Conflict, match="Write to us"):
        promised(account, (1, 50_000), source="debtor")
    assert promised(account, (1, 50_000), by=lead).state == "open"


def test_an_amended_promise_stays_as_it_was_and_the_new_one_points_to_it(account, agent):
    old = promised(account, (3, 100_000), by=agent)
    paid(account, 40_000)
    new = amend_promise(old, [Part(in_days(7), 60_000)], reason="wages come later", by=agent)
    old.refresh_from_db()
    assert (old.state, old.paid_minor, old.total_minor, old.end_reason) == (
        "amended",
        40_000,
        100_000,
        "wages come later",
    )
    assert (new.replaces, new.state, new.total_minor, new.paid_minor) == (old, "open", 60_000, 0)
    assert quiet_of(account) == peace_of(new)
    assert Event.objects.get(kind="promise.amended").data["before"]["paid_minor"] == 40_000


def test_money_before_the_change_does_not_count_twice(account, agent):
    old = promised(account, (3, 100_000), by=agent)
    paid(account, 40_000)
    new = amend_promise(old, [Part(in_days(3), 60_000)], reason="the rest", by=agent)
    move_to(new.judge_at + timedelta(minutes=1))
    judge_due()
    new.refresh_from_db()
    assert (new.state, new.paid_minor) == ("broken", 0)


def test_a_nearer_day_ends_the_peace_sooner(account, agent):
    new = amend_promise(promised(account, (9, 50_000), by=agent), [Part(in_days(2), 50_000)], reason="sooner", by=agent)
    assert quiet_of(account) == peace_of(new) == midnight_after(account, in_days(3))


def test_changing_the_day_again_and_again_does_not_go_beyond_the_longest_time(account, agent, lead):
    promise = promised(account, (30, 50_000), by=agent)
    move_to(now() + timedelta(days=20))
    with pytest.raises(InvalidInput, match="The last day may be"):
        amend_promise(promise, [Part(in_days(20), 50_000)], reason="later", by=agent)
    assert amend_promise(promise, [Part(in_days(20), 50_000)], reason="agreed by Lena", by=lead).state == "open"


def test_withdrawn_the_peace_is_over_and_twice_is_once(account, agent):
    promise = promised(account, (3, 50_000), by=agent)
    for _time in range(2):
        withdraw_promise(promise, reason="a misunderstanding", by=agent)
    assert state_of(promise) == "withdrawn" and quiet_of(account) is None and account.quiet_reason == ""
    assert Event.objects.filter(kind="promise.withdrawn").count() == 1


def test_a_change_says_why(account, agent):
    promise = promised(account, (3, 50_000), by=agent)
    with pytest.raises(InvalidInput, match="Say why"):
        withdraw_promise(promise, reason=" ", by=agent)
    with pytest.raises(InvalidInput, match="Say why"):
        amend_promise(promise, [Part(in_days(3), 50_000)], reason="", by=agent)


@pytest.mark.parametrize("days", [2, 20], ids=["shorter than the promise", "longer"])
@pytest.mark.parametrize("first", [True, False], ids=["before it", "during it"])
def test_a_peace_for_another_reason_outlives_the_promise(account, agent, days, first):
    until = now() + timedelta(days=days)
    if first:
        leave_in_peace(account, until=until, reason="A bereavement.")
    promise = promised(account, (9, 50_000), by=agent)
    account.refresh_from_db()
    if not first:
        leave_in_peace(account, until=until, reason="A bereavement.")
    assert quiet_of(account) == max(until, peace_of(promise))
    withdraw_promise(promise, reason="a misunderstanding", by=agent)
    assert quiet_of(account) == until and account.quiet_reason == "A bereavement."


def test_a_peace_written_on_the_account_itself_is_kept(account, agent):
    account.quiet_until, account.quiet_reason = now() + timedelta(days=2), "By hand."
    account.save()
    promise = promised(account, (9, 50_000), by=agent)
    withdraw_promise(promise, reason="a misunderstanding", by=agent)
    assert timedelta(days=1) < quiet_of(account) - now() <= timedelta(days=2) and account.quiet_reason == "By hand."
    assert QuietPeriod.objects.count() == 1


def test_limits_are_a_supervisors_and_leave_their_trace(account, agent, lead):
    with pytest.raises(Forbidden):
        set_rule(None, by=agent, longest_days=60)
    set_rule(None, by=lead, longest_days=60)
    set_rule(account.creditor, by=lead, longest_days=10, grace_days=0)
    assert rule_for(account.creditor).longest_days == 10 and rule_for(factories.creditor()).longest_days == 60
    with pytest.raises(InvalidInput):
        promised(account, (11, 50_000), by=agent)
    assert quiet_of(account) is None
    assert promised(account, (10, 50_000), by=agent).grace_days == 0
    events = Event.objects.filter(kind="promise_rule.changed").order_by("pk")
    assert [(row.data["before"]["longest_days"], row.data["after"]["longest_days"]) for row in events] == [
        (31, 60),
        (60, 10),
    ]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_the_day_is_the_debtors(agent, zone):
    account = factories.account(person=factories.debtor(time_zone=zone))
    promise = take_promise(account, [Part(in_days(0, zone), 50_000)], source="staff", by=agent)
    local = promise.judge_at.astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour, local.minute) == (in_days(2, zone), 0, 0)
    with pytest.raises(InvalidInput, match="over"):
        amend_promise(promise, [Part(in_days(-1, zone), 50_000)], reason="x", by=agent)
