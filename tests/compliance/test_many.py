"""Many people decided at once hear what each would hear alone, or that somebody has to ask about them alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.pack_register import SHIPPED
from compliance.packs.actions import Action, Entry
from compliance.packs.engine import Gate
from compliance.packs.loader import load_packs, packs_of
from compliance.packs.look import Case
from compliance.packs.many import Group
from compliance.packs.pasts import Shapes
from tests.compliance.test_pack_timing import ZONES, minutes, rule

LOOK = settings(deadline=None, max_examples=150)
PLACES = [
    (("us-federal", "us-ma"), ("America/New_York",)),
    (("us-federal", "us-nyc"), ("America/New_York", "America/Chicago")),
    (("us-federal", "us-wa", "us-dc"), ("America/Los_Angeles",)),
    (("uk",), ("Europe/London",)),
    (("cn",), ("Asia/Shanghai",)),
    (("au",), ("Australia/Sydney", "Australia/Perth")),
    (("hk", "id"), ("Asia/Jakarta",)),
    (("eu", "de"), ()),
]
ROLES = ["third_party_collector", "first_party_creditor", "debt_buyer", "unknown"]
CHANNELS = ["voice", "sms", "email", "letter", "push", "whatsapp", "in_app"]
PURPOSES = ["reminder", "", "agent_reply", "opt_out_confirmation", "validation_notice"]
# What tags of calls and messages are, and names that some rule looks for.
PLAIN_TAGS = ["conversation", "answered", "message_left", "could_not_reach_nor_leave_message", "delivered", "bounced"]
WATCHED_TAGS = ["opt_out", "validation_notice", "written_dispute", "direct_consent_for_number", "dispute", "opt_in"]
FACTS = {
    "debtor.represented": st.just(True),
    "deceased": st.just(True),
    "breathing_space": st.just("2026-10-20"),
    "dispute": st.booleans(),
    "consumer_initiated_now": st.just(True),
    "direct_consent_for_number": st.sampled_from(["2026-10-01", "2026-11-20", "unknown"]),
    "consumer_used_address": st.just(True),
    "opt_out": st.sampled_from([["sms"], True]),
    "initial_communication": st.just("2026-11-10"),
    "days_past_due": st.integers(0, 60),
    "debtor_windows": st.just([{"days": "weekdays", "from": "18:00", "to": "20:00"}]),
    "agreed_other_hours": st.just(True),
    "required_by_law": st.just(True),
}


@cache
def shipped():
    return {pack.id: pack for pack in load_packs(SHIPPED)}


@cache
def gate_of(names) -> Gate:
    return Gate([shipped()[name] for name in (*names, "schemes", "house")])


def lines(now, *, tags, inbound):
    return st.builds(
        lambda back, channel, debts, tag, incoming: Entry(
            at=now - back, channel=channel, debts=debts, tags=frozenset(tag), inbound=incoming,
            text="please stop" if incoming else "",
        ),
        minutes(40), st.sampled_from([*CHANNELS, "voice", "voice", "note"] if inbound else [*CHANNELS, "voice"]),
        st.sampled_from([frozenset("A"), frozenset("B"), frozenset("AB"), frozenset()]),
        st.lists(st.sampled_from(tags), max_size=2, unique=True),
        st.just(False) if not inbound else st.integers(0, 9).map(lambda n: n == 0),
    )  # fmt: skip


def moments():
    return minutes(60).map(lambda on: datetime(2026, 11, 1, tzinfo=UTC) + on)


def agree(gate, group, shapes, ledger) -> bool:
    """Whether it was decided here."""
    got = group.decide(shapes.past(ledger))
    case = group._case
    alone = gate.decide(Case(case.action, case.now, case.zones, case.facts, tuple(ledger)))
    if got is not None:
        assert (got.kind, got.until, got.rules) == (alone.kind, alone.until, alone.rules)
    return got is not None


@LOOK
@given(st.data())
def test_everybody_of_a_group_hears_what_they_would_hear_alone(data):
    names, zones = data.draw(st.sampled_from(PLACES))
    now = data.draw(moments())
    facts = data.draw(st.fixed_dictionaries({"role": st.sampled_from(ROLES)}, optional=FACTS))
    action = Action(
        "contact", channel=data.draw(st.sampled_from(CHANNELS)), purpose=data.draw(st.sampled_from(PURPOSES)),
        debts=data.draw(st.sampled_from([("A",), ("A",), (), ("A", "B")])),
    )  # fmt: skip
    gate, shapes = gate_of(names), Shapes()
    group = Group(gate, action, now=now, zones=tuple(map(ZoneInfo, zones)), facts=facts, shapes=shapes)
    one = lines(now, tags=PLAIN_TAGS + WATCHED_TAGS, inbound=True)
    for ledger in data.draw(st.lists(st.lists(one, max_size=12), min_size=1, max_size=5)):
        agree(gate, group, shapes, ledger)


@LOOK
@given(st.data())
def test_plain_histories_of_ordinary_groups_are_always_decided(data):
    names, zones = data.draw(st.sampled_from(PLACES))
    now = data.draw(moments())
    facts = {"role": data.draw(st.sampled_from(ROLES[:3])), "consumer_used_address": True}
    action = Action("contact", channel=data.draw(st.sampled_from(CHANNELS)), purpose="reminder", debts=("A",))
    gate, shapes = gate_of(names), Shapes()
    group = Group(gate, action, now=now, zones=tuple(map(ZoneInfo, zones)), facts=facts, shapes=shapes)
    one = lines(now, tags=PLAIN_TAGS[:4], inbound=False)
    for ledger in data.draw(st.lists(st.lists(one, max_size=25), min_size=1, max_size=5)):
        assert agree(gate, group, shapes, ledger)


@LOOK
@given(st.data())
def test_packs_nobody_has_written_yet_are_counted_right(data):
    """Caps of hours, days and months, quiet periods, rules that begin and end, several zones and clocks that change."""
    rules = [data.draw(rule(number)) for number in range(data.draw(st.integers(1, 5)))]
    head = {"id": "p", "version": 1, "defaults": {"dispatch_margin_min": data.draw(st.sampled_from([0, 5]))}}
    gate = Gate(packs_of({"schema": "policy-pack/1", "pack": head, "rules": rules}, file="test"))
    zones = tuple(ZoneInfo(name) for name in data.draw(st.lists(st.sampled_from(ZONES), max_size=2, unique=True)))
    day = data.draw(st.sampled_from(["2026-03-08", "2026-04-04", "2026-06-15", "2026-10-24", "2026-11-01"]))
    now = datetime.fromisoformat(day).replace(tzinfo=UTC) + data.draw(minutes(2))
    action, shapes = Action("contact", channel=data.draw(st.sampled_from(["voice", "sms"])), debts=("A",)), Shapes()
    facts = {"role": "first_party_creditor", "consent_given": (now - timedelta(days=20)).date().isoformat()}
    group = Group(gate, action, now=now, zones=zones, facts=facts, shapes=shapes)
    one = lines(now, tags=["conversation", "wrong_number", "moratorium"], inbound=False)
    for ledger in data.draw(st.lists(st.lists(one, max_size=10), min_size=1, max_size=5)):
        agree(gate, group, shapes, ledger)


def group_of(*, channel="voice", now=datetime(2026, 11, 25, 15, 0, tzinfo=UTC), shapes, **facts) -> Group:
    place, zones = ("us-federal", "us-ma"), (ZoneInfo("America/New_York"),)
    action = Action("contact", channel=channel, purpose="reminder", debts=("A",))
    facts = {"role": "third_party_collector", **facts}
    return Group(gate_of(place), action, now=now, zones=zones, facts=facts, shapes=shapes)


def calls(group, *days_ago, **fields):
    fields = {"channel": "voice", "debts": frozenset("A"), **fields}
    return [Entry(at=group.now - timedelta(days=days), **fields) for days in days_ago]


def test_two_calls_within_seven_days_are_enough_in_massachusetts():
    shapes = Shapes()
    group = group_of(shapes=shapes)
    assert group.decide().kind.name == "ALLOW"
    assert group.decide(shapes.past(calls(group, 1))).kind.name == "ALLOW"
    full = group.decide(shapes.past(calls(group, 1, 2)))
    assert (full.kind.name, full.rules) == ("DEFER", ("US-MA-2IN7",))
    assert full.until.astimezone(ZoneInfo("America/New_York")).isoformat() == "2026-11-30T08:00:00-05:00"


@pytest.mark.parametrize(
    "strange",
    [
        {"inbound": True, "channel": "sms", "text": "hello"},
        {"channel": "note"},
        {"tags": frozenset({"opt_out"})},
        {"tags": frozenset({"written_dispute"})},
        {"channel": "debit"},
    ],
)
def test_who_has_more_in_their_history_than_our_attempts_is_asked_about_alone(strange):
    shapes = Shapes()
    group = group_of(shapes=shapes)
    assert group.decide(shapes.past(calls(group, 9, **strange))) is None


def test_a_history_that_reaches_into_the_future_is_not_decided_here():
    shapes = Shapes()
    group = group_of(shapes=shapes)
    assert group.decide(shapes.past(calls(group, -1))) is None


def test_debits_with_a_history_are_asked_about_alone():
    shapes = Shapes()
    action = Action("debit", rail="ach", rails=frozenset({"ach"}), debts=("A",))
    group = Group(gate_of(("us-federal",)), action, now=datetime(2026, 11, 25, 15, tzinfo=UTC),
                  zones=(ZoneInfo("America/New_York"),), facts={}, shapes=shapes)  # fmt: skip
    assert group.decide() is not None
    assert group.decide(shapes.past(calls(group, 1))) is None
