"""The evaluator against the oracle, over random people, clocks, packs and histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from compliance.packs.actions import Action, Entry
from compliance.packs.engine import Gate
from compliance.packs.loader import packs_of
from compliance.packs.look import Case
from tests.compliance.pack_oracle import HORIZON, answer

# Half-hour changes, changes at midnight, quarter-hour offsets, none at all.
ZONES = [
    "America/New_York", "America/Phoenix", "America/Denver", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Havana", "Asia/Beirut", "Pacific/Chatham", "Asia/Shanghai",
]  # fmt: skip
# Around the days on which the clocks of some of them change.
DAYS = ["2026-03-08", "2026-03-28", "2026-04-04", "2026-06-15", "2026-10-24", "2026-11-01", "2026-12-31"]
TIMES = ["00:00", "00:30", "01:00", "02:00", "02:30", "03:00", "07:30", "08:00", "09:15", "12:00"]
ENDS = ["13:00", "17:00", "19:00", "21:00", "23:30", "24:00"]
CHANNELS = ["voice", "sms"]
# The oracle takes a second for some worlds; making a failing one smaller would take minutes.
LOOK = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def minutes(days: int):
    return st.integers(min_value=0, max_value=days * 1440).map(lambda number: timedelta(minutes=number))


@st.composite
def rule(draw, number: int):
    kind = draw(st.sampled_from(["window", "window", "cap", "cap", "cooldown", "consent", "opt_out", "freeze"]))
    whole = {"id": f"R{number}", "type": kind, "scope": {"roles": "all", "channels": CHANNELS}, "params": {}}
    if draw(st.integers(0, 4)) == 0:
        # What forbids outright has no end here: the evaluator does not look for the end of a prohibition.
        edges = ["from", "to"] if kind in ("window", "cap", "cooldown") else ["from"]
        whole["effective"] = {draw(st.sampled_from(edges)): draw(st.sampled_from(DAYS))}
    whole["params"] = draw(PARAMS[kind])
    return whole


def spans():
    one = st.fixed_dictionaries({
        "days": st.one_of(
            st.just("all"),
            st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=2, unique=True),
        ),
        "from": st.sampled_from(TIMES), "to": st.sampled_from(ENDS),
    })  # fmt: skip
    return st.lists(one, min_size=1, max_size=2)


def frozen(**end):
    """For some days, until something, or whichever comes first."""
    return st.fixed_dictionaries(
        {
            "trigger": st.just("moratorium"), "over": st.sampled_from(["debt", "person"]),
            "blocks": st.just(["contact"]), **end,
        },
        optional={
            "day_one": st.just("event_date"), "until": st.just("moratorium_over"), "then_days": st.integers(1, 5),
        } if "days" in end else {"then_days": st.integers(1, 5)},
    )  # fmt: skip


PARAMS = {
    "window": st.fixed_dictionaries({"allow": spans()}),
    "cap": st.fixed_dictionaries({
        "count": st.just("attempts"),
        "channels_counted": st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True),
        "max": st.integers(1, 3),
        "window": st.one_of(
            st.fixed_dictionaries({"kind": st.just("rolling_days"), "n": st.integers(1, 7)}),
            st.fixed_dictionaries({"kind": st.just("rolling_hours"), "n": st.integers(1, 72)}),
            st.just({"kind": "calendar_day", "n": 1}),
        ),
        "per": st.sampled_from([["person"], ["person", "debt"]]),
        "exclude": st.just(["wrong_number"]),
    }),
    "cooldown": st.fixed_dictionaries({
        "after": st.just("conversation"), "direction": st.just("any"), "days": st.integers(1, 7),
        "day_one": st.sampled_from(["event_date", "next_day"]), "per": st.just(["person", "debt"]),
        "channels_counted": st.just(["voice"]),
    }),
    "consent": st.fixed_dictionaries({"any_of": st.just(["consent_given"]), "fresh_within_days": st.integers(0, 60)}),
    "opt_out": st.just({"applies_to": ["same_medium"]}),
    "freeze": st.one_of(frozen(days=st.integers(1, 10)), frozen(until=st.just("moratorium_over"))),
}  # fmt: skip


@st.composite
def worlds(draw):
    now = datetime.fromisoformat(draw(st.sampled_from(DAYS))).replace(tzinfo=UTC) + draw(minutes(2))
    tags = st.lists(st.sampled_from(["conversation", "wrong_number"]), max_size=1, unique=True)
    entry = st.tuples(
        minutes(12).map(lambda back: now - back), st.sampled_from(CHANNELS), st.sampled_from(["A", "A", "B", ""]), tags,
        st.booleans(),
    )  # fmt: skip
    history = draw(st.lists(entry, max_size=8))
    if draw(st.integers(0, 9)) == 0:
        history.append((now - draw(minutes(3)), draw(st.sampled_from(CHANNELS)), "", ["opt_out"], True))
    if draw(st.integers(0, 4)) == 0:
        history.append((now - draw(minutes(12)), "note", draw(st.sampled_from(["A", "B"])), ["moratorium"], False))
        if draw(st.booleans()):
            ended = (now - draw(minutes(12)), "note", draw(st.sampled_from(["A", "B", ""])), ["moratorium_over"], False)
            history.append(ended)
    facts = {"role": "first_party_creditor"}
    if draw(st.booleans()):
        facts["consent_given"] = (now - draw(minutes(60))).date().isoformat()
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True))
    rules = [draw(rule(number)) for number in range(draw(st.integers(1, 5)))]
    return now, {
        "rules": rules, "zones": zones, "history": history, "facts": facts, "debt": "A",
        "channel": draw(st.sampled_from(CHANNELS)), "margin": draw(st.sampled_from([0, 0, 5])),
    }  # fmt: skip


def gate_of(world) -> Gate:
    head = {"id": "p", "version": 1, "defaults": {"dispatch_margin_min": world["margin"]}}
    return Gate(packs_of({"schema": "policy-pack/1", "pack": head, "rules": world["rules"]}, file="test"))


def case_of(world, now: datetime, action: Action) -> Case:
    ledger = tuple(
        Entry(
            at=at,
            channel=channel,
            inbound=inbound,
            debts=frozenset({debt} if debt else ()),
            tags=frozenset(tags),
        )
        for at, channel, debt, tags, inbound in world["history"]
    )
    return Case(action=action, now=now, zones=tuple(map(ZoneInfo, world["zones"])), facts=world["facts"], ledger=ledger)


def agree(world, now: datetime, action: Action) -> None:
    got = gate_of(world).decide(case_of(world, now, action))
    decision, until, rules = answer(world, now)
    if decision == "NONE":
        assert got.kind.name in ("HOLD", "REVIEW", "BLOCK")
        assert got.until is None or got.until > now + HORIZON
        return
    assert (got.kind.name, set(got.rules)) == (decision, rules)
    if decision in ("DEFER", "HOLD") and until is not None:
        assert got.until == until
    if decision == "DEFER":
        assert gate_of(world).decide(case_of(world, got.until, action)).kind.name == "ALLOW"


@settings(LOOK, max_examples=80)
@given(worlds())
def test_contacts_are_decided_as_by_somebody_who_looks_at_every_minute(drawn):
    now, world = drawn
    agree(world, now, Action("contact", channel=world["channel"], debts=("A",)))


@st.composite
def debits(draw):
    now, world = draw(worlds())
    lead = st.one_of(
        st.fixed_dictionaries({"n": st.integers(1, 72), "unit": st.just("hours")}),
        st.fixed_dictionaries({"n": st.integers(1, 10), "unit": st.just("days")}),
    )
    rails = {"roles": "all", "rails": ["wallet"]}
    world["rules"] = [
        {"id": "W", "type": "window", "scope": rails, "params": {"allow": draw(spans())}},
        {"id": "P", "type": "prenotice", "scope": rails, "params": {"when": "always", "lead": draw(lead)}},
    ]
    world["history"] = []
    if draw(st.integers(0, 9)) > 0:
        world["facts"]["prenotice_sent"] = (now - draw(minutes(12))).isoformat()
    return now, world


@settings(LOOK, max_examples=40)
@given(debits())
def test_debits_wait_for_their_notice_and_their_hours(drawn):
    now, world = drawn
    agree(world, now, Action("debit", rail="wallet", rails=frozenset({"wallet"}), mandate="m", amount=Decimal(5)))
