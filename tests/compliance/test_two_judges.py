"""The one door over random people, clocks, packs, house rules and schedules: what it lets out keeps every rule.

The oracles look at minutes and count on their fingers; they share nothing with the evaluators.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.core import get_global
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Consent, ContactPoint
from compliance import contact_ledger
from compliance.gate import Facts, Kind, Policy
from compliance.models import ContactPolicy, PolicyPack
from compliance.selectors import usable_contact_point
from compliance.services import decide, preview, release
from tests import factories
from tests.compliance.oracle import permitted
from tests.compliance.pack_oracle import speaks, words_are_right
from tests.compliance.test_pack_timing import CHANNELS, DAYS, LOOK, ZONES, minutes, rule

pytestmark = pytest.mark.django_db
PHONES = {"": None, "+12125550123": "America/New_York", "+8613800000001": "Asia/Shanghai"}
TIMED = ("window", "cap", "cooldown", "freeze")
# What a message may say, one letter each.
WORDS = ["greeting", "licence", "way_out", "threat", "long_disclosure", "short_disclosure"]
CONSENTS = ["provable_consent_for_purpose", "consented_to_this_address", "direct_consent_for_number"]
MINUTE = timedelta(minutes=1)


@st.composite
def wording(draw, number):
    some = st.lists(st.sampled_from(WORDS[:4]), min_size=1, max_size=2, unique=True)
    params = draw(
        st.one_of(
            st.fixed_dictionaries({"must_include": some}),
            st.fixed_dictionaries({"must_not_include": some}),
            st.just({"first": ["long_disclosure"], "later": ["short_disclosure"]}),
        )
    )
    return {"id": f"C{number}", "type": "content", "scope": {"roles": "all", "channels": CHANNELS}, "params": params}


@st.composite
def basis(draw, number):
    params = {"any_of": draw(st.lists(st.sampled_from(CONSENTS), min_size=1, max_size=2, unique=True))}
    if draw(st.booleans()):
        params["fresh_within_days"] = draw(st.integers(0, 3))
    scope = {"roles": "all", "channels": draw(st.sampled_from([CHANNELS, ["sms"]]))}
    return {"id": f"B{number}", "type": "consent", "scope": scope, "params": params}


@st.composite
def law(draw, number):
    """A third of the rules is about hours and numbers, a third about the basis or a freeze, a third about words."""
    if draw(st.integers(0, 2)) == 0:
        return draw(wording(number))
    if draw(st.integers(0, 2)) == 0:
        return draw(basis(number))
    found = draw(rule(number))
    return found if found["type"] in TIMED else draw(basis(number))


@st.composite
def people(draw):
    hours = sorted(draw(st.lists(st.sampled_from([0, 7, 8, 9, 17, 20, 22]), min_size=2, max_size=2, unique=True)))
    schedule = st.tuples(
        minutes(2), st.sampled_from(CHANNELS), st.integers(0, 1),
        st.sampled_from(["", "", "conversation", "wrong_number", "released", "stop"]),
        st.sets(st.sampled_from(WORDS), min_size=3),
        st.sampled_from(["", "", "", "agreed", "agreed", "creditor_says_so", "moratorium", "moratorium_over"]),
    )  # fmt: skip
    return {
        "start": datetime.fromisoformat(draw(st.sampled_from(DAYS))).replace(tzinfo=UTC),
        "zone": draw(st.sampled_from(ZONES)),
        "phone": draw(st.sampled_from(sorted(PHONES))),
        "rules": [draw(law(number)) for number in range(draw(st.integers(1, 4)))],
        "role": draw(st.sampled_from(["first_party_creditor", "third_party_collector"])),
        "margin": draw(st.sampled_from([0, 5])),
        "house": {
            "window_start": time(hours[0]), "window_end": time(hours[1]), "allow_sunday": draw(st.booleans()),
            "daily_cap": draw(st.integers(1, 3)), "weekly_cap": draw(st.integers(1, 6)),
        },
        "schedule": draw(st.lists(schedule, min_size=2, max_size=7)),
    }  # fmt: skip


def settle_in(person):
    """The person, two debts, the house's policy and one pack that speaks for every country they may be in."""
    bank = factories.creditor(role=person["role"])
    account = factories.account(person=factories.debtor(bank, time_zone=person["zone"]), reachable=False)
    other = factories.account(person=account.debtor, placement=account.portfolio, reachable=False)
    if person["phone"]:
        factories.contact_point(account.debtor, kind="phone", value=person["phone"])
    else:
        factories.contact_point(account.debtor, kind="phone", value="+999")  # points nowhere
    PolicyPack.objects.all().delete()
    everywhere = sorted({place for place in get_global("zone_territories").values() if len(place) == 2})
    body = {
        "schema": "policy-pack/1",
        "pack": {
            "id": "trial", "version": "1", "match": {"any_of": [{"fact": "debtor.countries", "in": everywhere}]},
            "defaults": {"dispatch_margin_min": person["margin"]},
        },
        "rules": person["rules"],
    }  # fmt: skip
    factories.in_force(body)
    ContactPolicy.objects.all().delete()
    ContactPolicy.objects.create(name="House", effective_from="2020-01-01", **person["house"])
    return account, other


class Told:
    """What the oracles are told: plain tuples, kept beside the database and never read from it."""

    def __init__(self, person):
        there = PHONES[person["phone"]]
        self.zones = [person["zone"], *([there] if there and there != person["zone"] else [])]
        self.person, self.history, self.counts, self.stopped = person, [], {}, set()
        self.words = {}  # the newest agreement by channel: when, and whether the person said it themselves

    def world(self, at, channel, debt):
        return {
            "rules": [one for one in self.person["rules"] if channel in one["scope"]["channels"]],
            "zones": self.zones,
            "margin": self.person["margin"],
            "history": [one for one in self.history if one[0] <= at],
            "debt": debt,
            "channel": channel,
            "facts": {},
            "agreed": self.words.get(channel),
            "role": self.person["role"],
        }

    def may_say(self, said, at, channel, debt):
        return words_are_right(self.world(at, channel, debt), said)

    def allows(self, at, channel, debt):
        world = self.world(at, channel, debt)
        facts = Facts("open", 1, "CN", (self.person["zone"],), counts=self.counts)
        policy = Policy("House", country="", **self.person["house"])
        return channel not in self.stopped and not speaks(world, at) and permitted(facts, [policy], at)

    def agree(self, channel, at, own):
        self.words[channel] = (at, own)

    def sent(self, at, channel, debt, tags):
        self.history.append((at, channel, debt, tags, False))
        key = (at.astimezone(ZoneInfo(self.person["zone"])).date(), channel)
        self.counts[key] = self.counts.get(key, 0) + 1


@settings(LOOK, max_examples=30, suppress_health_check=list(HealthCheck))
@given(people())
def test_nothing_leaves_against_a_rule_and_nothing_is_kept_back_without_one(person):
    with transaction.atomic():
        _live_through(person)
        transaction.set_rollback(True)


def _live_through(person):
    accounts = dict(zip("AB", settle_in(person), strict=True))
    told, at = Told(person), person["start"]
    for number, (gap, channel, which, outcome, words, before) in enumerate(person["schedule"]):
        at, debt = at + gap + MINUTE, "AB"[which]
        account = accounts[debt]
        _beforehand(told, account, before, at - MINUTE / 2, channel, debt)
        point = usable_contact_point(account, channel=channel)
        said = decide(
            account, channel=channel, purpose="overdue_firm", contact_point=point, at=at, source=f"t:{number}"
        )
        kind = said.verdict.kind
        assert said.verdict.may_go is told.allows(at, channel, debt), said.verdict
        if kind is Kind.DEFER:
            _first_instant(told, said.verdict.until, at, channel, debt)
            assert preview(account, channel, "overdue_firm", said.verdict.until).verdict.may_go
        if said.verdict.may_go:
            right = said.judged.with_words(frozenset(words), "").may_go
            assert right is told.may_say(words, at, channel, debt)
            outcome = outcome if right else "released"
            _afterwards(told, said, at, channel, debt, outcome, source=f"t:{number}")


def _beforehand(told, account, what, at, channel, debt):
    """Something becomes known: they agreed, or the creditor says that they did; a moratorium begins or is over."""
    if what in ("agreed", "creditor_says_so"):
        own = what == "agreed"
        source = "debtor_page" if own else "placement file"
        Consent.objects.create(
            debtor_id=account.debtor_id, channel=channel, granted=True, recorded_at=at, evidence={"source": source}
        )
        if own:
            told.stopped.discard(channel)
        told.agree(channel, at, own)
    elif what:
        contact_ledger.note(account.debtor_id, accounts=[account.pk], tags=[what], at=at)
        told.history.append((at, "note", debt, [what], False))


def _first_instant(told, until, at, channel, debt):
    assert told.allows(until, channel, debt)
    step = max(MINUTE, (until - at) / 60)
    moment = at
    while moment < until:
        assert not told.allows(moment, channel, debt)
        moment += step
    assert not told.allows(until - MINUTE, channel, debt)


def _afterwards(told, said, at, channel, debt, outcome, *, source):
    debtor = said.account.debtor_id
    if outcome == "released":
        release(debtor, day=said.reserved_day, channel=channel, source=source)
        return
    tags = [outcome] if outcome in ("conversation", "wrong_number") else []
    contact_ledger.settle(source, *tags)
    told.sent(at, channel, debt, tags)
    if outcome == "stop":
        Consent.objects.create(debtor_id=debtor, channel=channel, granted=False, recorded_at=at)
        told.stopped.add(channel)
        told.words.pop(channel, None)


def test_where_the_number_lies_elsewhere_its_hours_bind_too():
    account = factories.account(person=factories.debtor(time_zone="Europe/London", country="GB"))
    ContactPoint.objects.filter(debtor=account.debtor, kind="phone").update(condition="working")
    judged = preview(account, "sms", "overdue_firm", datetime(2026, 11, 24, 18, 0, tzinfo=UTC))
    assert [zone.key for zone in judged.case.zones] == ["Europe/London", "Asia/Shanghai"]
    assert judged.verdict.kind is not Kind.ALLOW
