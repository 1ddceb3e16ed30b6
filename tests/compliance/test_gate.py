"""The gate as a pure function: each rule by example, and timing against an oracle that looks at every minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compliance.gate import Action, Facts, HoldFact, Kind, Policy, evaluate
from compliance.zones import candidate_zones, national_holidays
from tests.compliance.oracle import first_permitted, permitted

HOUSE = Policy("House rule", time(8), time(20), daily_cap=1, weekly_cap=3, allow_sunday=False)
REMINDER = Action("overdue_friendly", "sms")
MONDAY_NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
OWES = Facts(account_status="open", balance_minor=125_000, country="CN", zones=("Asia/Shanghai",))


def judge(facts: Facts = OWES, action: Action = REMINDER, *policies: Policy, at: datetime = MONDAY_NOON):
    return evaluate(action, facts, list(policies) or [HOUSE], at)


def rules(verdict) -> set[str]:
    return {reason.rule for reason in verdict.reasons}


def test_a_person_who_owes_may_be_written_to_at_noon():
    assert judge().kind is Kind.ALLOW


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"balance_minor": 0}, "nothing_owed"),
        ({"account_status": "paid"}, "account_status"),
        ({"account_status": "recalled"}, "account_status"),
        ({"holds": (HoldFact("dispute"),)}, "hold"),
        ({"consent": False}, "opt_out"),
        ({"consent": False, "refused_everything": True}, "opt_out_all"),
        ({"contact_point": None}, "contact_point"),
        ({"contact_point": "invalid"}, "contact_point"),
    ],
)
def test_each_of_these_alone_blocks_a_reminder(change, rule):
    verdict = judge(replace(OWES, **change))
    assert verdict.kind is Kind.BLOCK
    assert rules(verdict) == {rule}


def test_a_carrier_that_refuses_blocks_the_channel_only():
    verdict = judge(OWES, Action("overdue_friendly", "sms", carrier_allows=False))
    assert verdict.kind is Kind.BLOCK
    assert verdict.channel_only


def test_a_refusal_of_everything_leaves_no_other_channel_to_try():
    assert not judge(replace(OWES, consent=False, refused_everything=True)).channel_only
    assert judge(replace(OWES, consent=False)).channel_only


def test_every_rule_that_speaks_is_named_not_only_the_first():
    verdict = judge(replace(OWES, balance_minor=0, holds=(HoldFact("cease"),), consent=False))
    assert rules(verdict) == {"nothing_owed", "hold", "opt_out"}


def test_an_unknown_time_zone_goes_to_a_person():
    verdict = judge(replace(OWES, zones=()))
    assert verdict.kind is Kind.REVIEW
    assert rules(verdict) == {"zone"}


def test_where_no_policy_applies_nothing_is_sent_by_machine():
    elsewhere = replace(HOUSE, country="US")
    assert judge(OWES, REMINDER, elsewhere).kind is Kind.REVIEW


def test_a_channel_that_needs_consent_is_closed_until_it_is_given():
    policy = replace(HOUSE, needs_consent=True)
    assert rules(judge(OWES, REMINDER, policy)) == {"consent"}
    assert judge(replace(OWES, consent=True), REMINDER, policy).kind is Kind.ALLOW


def test_at_night_the_message_waits_for_the_morning():
    night = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 on Monday in Shanghai
    verdict = judge(at=night)
    assert (verdict.kind, verdict.until) == (Kind.DEFER, datetime(2026, 11, 24, 0, 0, tzinfo=UTC))


def test_on_saturday_evening_it_waits_over_sunday():
    evening = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
    assert judge(at=evening).until == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def test_the_last_five_minutes_before_closing_count_as_closed():
    closing = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert judge(at=closing - timedelta(minutes=5)).kind is Kind.ALLOW
    assert judge(at=closing - timedelta(minutes=5) + timedelta(microseconds=1)).kind is Kind.DEFER


def test_the_strictest_of_several_policies_binds():
    looser = replace(HOUSE, name="Law", window_start=time(6), window_end=time(22), country="CN")
    early = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # 07:00 on Monday
    assert judge(OWES, REMINDER, HOUSE, looser, at=early).until == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert judge(OWES, REMINDER, looser, at=early).kind is Kind.ALLOW


def test_a_policy_of_another_creditor_does_not_bind():
    strict = replace(HOUSE, weekly_cap=0, creditor_id=2)
    assert judge(replace(OWES, creditor_id=1), REMINDER, HOUSE, strict).kind is Kind.ALLOW
    assert judge(replace(OWES, creditor_id=2), REMINDER, HOUSE, strict).kind is not Kind.ALLOW


def test_every_zone_a_person_may_be_in_must_be_awake():
    unsure = replace(OWES, country="US", zones=("America/New_York", "America/Los_Angeles"))
    ten_in_new_york = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert judge(unsure, at=ten_in_new_york).until == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def test_zones_that_never_share_a_decent_hour_go_to_a_person():
    torn = replace(OWES, zones=("Pacific/Auckland", "Europe/London"))
    office = replace(HOUSE, window_start=time(9), window_end=time(18))
    assert judge(torn, REMINDER, office).kind is Kind.REVIEW


def test_one_contact_a_day_and_three_a_week():
    monday = date(2026, 11, 23)
    once = replace(OWES, counts={(monday, "email"): 1})
    assert judge(once).until == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    thrice = replace(OWES, counts={(monday - timedelta(days=back), "email"): 1 for back in (2, 4, 6)})
    # The oldest of the three leaves the seven days on Tuesday.
    assert judge(thrice).until == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def test_the_local_day_counts_not_the_day_in_utc():
    sunday_evening_utc = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 09:00 on Monday in Los Angeles
    west = replace(OWES, country="US", zones=("America/Los_Angeles",), counts={(date(2026, 11, 23), "sms"): 1})
    assert judge(west, at=sunday_evening_utc).until == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def test_messages_in_the_own_inbox_wake_nobody_and_are_not_counted():
    busy = replace(OWES, contact_point=None, counts={(date(2026, 11, 23), "sms"): 9})
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    assert judge(busy, Action("overdue_friendly", "in_app"), at=night).kind is Kind.ALLOW
    only_inbox = replace(OWES, counts={(date(2026, 11, 23), "in_app"): 9})
    assert judge(only_inbox).kind is Kind.ALLOW


def test_a_receipt_skips_caps_hours_and_debt_but_not_the_refusal_of_its_channel():
    paid = replace(OWES, balance_minor=0, account_status="paid", counts={(date(2026, 11, 23), "sms"): 5})
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    assert judge(paid, Action("receipt", "sms"), at=night).kind is Kind.ALLOW
    refused = replace(paid, consent=False)
    assert rules(judge(refused, Action("receipt", "sms"), at=night)) == {"opt_out"}
    assert judge(replace(refused, refused_everything=True), Action("receipt", "in_app"), at=night).kind is Kind.ALLOW


def test_the_receipt_of_a_debit_and_the_notice_before_it_keep_to_decent_hours():
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    for purpose in ("debit_receipt", "pre_debit_notice"):
        assert judge(OWES, Action(purpose, "sms"), at=night).until == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["cease", "represented", "bankruptcy", "deceased"])
def test_nobody_under_a_hold_of_their_person_gets_even_a_notice(kind):
    held = replace(OWES, holds=(HoldFact(kind),))
    assert judge(held, Action("pre_debit_notice", "email")).kind is Kind.BLOCK


def test_a_dispute_does_not_withhold_a_receipt():
    assert judge(replace(OWES, holds=(HoldFact("dispute"),)), Action("receipt", "email")).kind is Kind.ALLOW


def test_the_one_confirmation_of_a_stop_may_go_out():
    stopped = replace(OWES, consent=False, refused_everything=True)
    assert judge(stopped, Action("opt_out_confirmation", "sms")).kind is Kind.ALLOW


def test_an_unlisted_purpose_is_held_to_the_strictest_rules():
    assert judge(replace(OWES, balance_minor=0), Action("something_new", "sms")).kind is Kind.BLOCK


def test_holidays_close_only_where_the_policy_says_so():
    christmas = datetime(2026, 12, 25, 11, 0, tzinfo=UTC)
    days = national_holidays("GB", date(2026, 12, 20), days=14)
    british = Facts("open", 100, "GB", ("Europe/London",), holidays=days)
    strict = replace(HOUSE, allow_holidays=False)
    assert judge(british, REMINDER, HOUSE, at=christmas).kind is Kind.ALLOW
    # Friday is Christmas; Saturday the 26th is Boxing Day; then a Sunday, and its substitute on Monday.
    assert judge(british, REMINDER, strict, at=christmas).until == datetime(2026, 12, 29, 8, 0, tzinfo=UTC)


def test_the_zone_on_file_wins_over_numbers_and_numbers_over_the_country():
    assert candidate_zones("Asia/Taipei", phones=["+14155550123"], country="US") == ("Asia/Taipei",)
    assert candidate_zones("", phones=["+14155550123"], country="US") == ("America/Los_Angeles",)
    assert "America/New_York" in candidate_zones("", phones=[], country="US")
    assert candidate_zones("", phones=["not a number"], country="") == ()
    assert candidate_zones("Mars/Olympus", phones=[], country="KE") == ("Africa/Nairobi",)


ZONES = st.sampled_from(
    [
        "Asia/Shanghai",
        "America/New_York",
        "America/Phoenix",
        "America/Los_Angeles",
        "Europe/London",
        "Australia/Lord_Howe",  # half an hour of daylight saving
        "Africa/Casablanca",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Africa/Nairobi",
        "America/Santiago",  # changes at midnight
        "Asia/Beirut",  # the day after its change begins at 01:00
    ]
)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 0, 15, 30, 59]))
# Around the days on which clocks change in north and south, and ordinary ones.
STARTS = st.builds(
    lambda day, minute: day + timedelta(minutes=minute),
    st.sampled_from(
        [
            datetime(2026, 10, 30, tzinfo=UTC),
            datetime(2026, 11, 19, tzinfo=UTC),
            datetime(2027, 3, 12, tzinfo=UTC),
            datetime(2027, 3, 26, tzinfo=UTC),
            datetime(2027, 4, 2, tzinfo=UTC),
            datetime(2026, 10, 2, tzinfo=UTC),
        ]
    ),
    st.integers(0, 3 * 24 * 60),
)
OFFSETS = st.integers(-8, 4)


@st.composite
def policies(draw):
    opens, closes = sorted([draw(TIMES), draw(TIMES)])
    return Policy(
        draw(st.sampled_from(["one", "two"])),
        opens,
        closes if closes > opens else time(23, 59),
        daily_cap=draw(st.integers(1, 3)),
        weekly_cap=draw(st.integers(1, 4)),
        channel=draw(st.sampled_from(["", "", "sms", "email"])),
        allow_saturday=draw(st.booleans()),
        allow_sunday=draw(st.booleans()),
        allow_holidays=draw(st.booleans()),
    )


@settings(max_examples=150, deadline=None)
@example([HOUSE], ["America/New_York"], datetime(2026, 11, 1, 5, 30, tzinfo=UTC), {}, set(), None)
@example(
    [replace(HOUSE, window_start=time(1, 15), window_end=time(3, 0), allow_sunday=True)],
    ["America/New_York"],
    datetime(2026, 11, 1, 5, 56, tzinfo=UTC),
    {},
    set(),
    None,
)
@given(
    st.lists(policies(), min_size=1, max_size=3),
    st.lists(ZONES, min_size=1, max_size=2, unique=True),
    STARTS,
    st.dictionaries(st.tuples(OFFSETS, st.sampled_from(["sms", "email"])), st.integers(1, 2), max_size=4),
    st.sets(st.integers(0, 4), max_size=2),
    st.none() | st.integers(0, 2 * 24 * 60),
)
def test_a_deferred_message_goes_at_the_first_minute_nothing_forbids(rows, zones, at, counts, holidays, quiet):
    facts = replace(
        OWES,
        zones=tuple(zones),
        counts={(at.date() + timedelta(days=back), channel): n for (back, channel), n in counts.items()},
        holidays=frozenset(at.date() + timedelta(days=ahead) for ahead in holidays),
        quiet_until=None if quiet is None else at + timedelta(minutes=quiet),
    )
    binding = [row for row in rows if row.channel in ("", "sms")] or [HOUSE]
    verdict = evaluate(REMINDER, facts, binding, at)
    expected = first_permitted(facts, binding, at, days=5)
    if expected == at:
        assert verdict.kind is Kind.ALLOW
    elif expected is not None:
        assert (verdict.kind, verdict.until) == (Kind.DEFER, expected)
    else:
        assert verdict.kind is Kind.REVIEW or verdict.until > at + timedelta(days=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(policies(), min_size=1, max_size=3), ZONES, STARTS, st.integers(0, 59))
def test_whatever_the_second_what_is_allowed_is_permitted(rows, zone, at, second):
    binding = [row for row in rows if row.channel in ("", "sms")] or [HOUSE]
    facts = replace(OWES, zones=(zone,))
    moment = at + timedelta(seconds=second)
    verdict = evaluate(REMINDER, facts, binding, moment)
    if verdict.kind is Kind.ALLOW:
        assert permitted(facts, binding, moment)
    if verdict.kind is Kind.DEFER:
        assert permitted(facts, binding, verdict.until)
        assert not permitted(facts, binding, verdict.until - timedelta(seconds=1))
