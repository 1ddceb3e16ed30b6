"""When a failed debit is tried again, against an oracle that looks at every moment instead of reasoning about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from payments.retries.budget import Budget
from payments.retries.calendar import Calendar
from payments.retries.deciding import Situation, next_try
from payments.retries.house import House
from payments.retries.learning import Counters
from payments.retries.rules import DECLINED, FUNDS, LIMIT, MONTH_LIMIT, NEVER, OURS, TROUBLE
from wallets.providers.base import ChargeWindow

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Africa/Nairobi", "Europe/Berlin", "America/New_York")]
START = datetime(2026, 3, 1, tzinfo=UTC)
HOUSE = House()
DAYS = 70


class World:
    """What is allowed, as plain lists: open windows, days whose period is used, and the end."""

    def __init__(self, zone, at, *, windows, used_until, until, since=None) -> None:
        self.zone, self.at, self.windows, self.used_until, self.until = zone, at, windows, used_until, until
        self.since = since or at

    def calendar(self) -> Calendar:
        return Calendar(
            zone=self.zone,
            opens=HOUSE.opens,
            closes=HOUSE.closes,
            since=self.since,
            until=self.until,
            window=self._window,
            next_period=lambda day: self.used_until if day < self.used_until else None,
        )

    def _window(self, moment: datetime) -> ChargeWindow:
        for opens, closes in self.windows:
            if closes > moment:
                return ChargeWindow(open_now=opens <= moment, opens_at=opens, closes_at=closes)
        return ChargeWindow(open_now=False)

    def allowed(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        return (
            self.since <= moment <= self.until
            and HOUSE.opens <= local.time() < HOUSE.closes
            and local.date() >= self.used_until
            and any(opens <= moment < closes for opens, closes in self.windows)
        )

    def first(self, moment: datetime) -> datetime | None:
        """Every moment at which something begins, tried one after the other."""
        begins = {moment, self.since, *(opens for opens, _closes in self.windows)}
        day = moment.astimezone(self.zone).date()
        begins |= {self.local(day + timedelta(days=ahead), HOUSE.opens) for ahead in range(-1, DAYS)}
        return min((one for one in begins if one >= moment and self.allowed(one)), default=None)

    def local(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)


@st.composite
def worlds(draw):
    zone = draw(st.sampled_from(ZONES))
    at = START + timedelta(minutes=draw(st.integers(0, 60 * 24 * 40)))
    kind = draw(st.sampled_from(("open", "open", "today", "broken")))
    edges = [-200, 2000] if kind == "open" else [-50, draw(st.integers(2, 30))]
    if kind == "broken":
        edges = sorted(draw(st.sets(st.integers(-50, 500), min_size=2, max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    windows = [(at + timedelta(hours=one), at + timedelta(hours=other)) for one, other in pairs]
    used_until = at.astimezone(zone).date() + timedelta(days=draw(st.sampled_from((-5, -5, -5, 1, 2, 4))))
    until = at + timedelta(hours=draw(st.sampled_from((10, 50, 100, 300, 700, 700))))
    return World(zone, at, windows=windows, used_until=used_until, until=until)


@st.composite
def counters(draw):
    """A cluster that says nothing, or one in which a few slots stand out, or one in which hardly anything succeeds."""
    kind = draw(st.sampled_from(("silent", "even", "lively", "lively", "hopeless")))
    if kind == "silent":
        return Counters()
    usual = {"even": 12, "lively": 12, "hopeless": 2}[kind]
    slots = {}
    for name, numbers in (("weekday", range(7)), ("month_day", range(1, 32)), ("hour", range(24))):
        slots |= {(name, slot): (40, usual) for slot in numbers}
    if kind == "lively":
        for name, numbers in (("weekday", range(7)), ("month_day", range(1, 32)), ("hour", range(24))):
            for slot in draw(st.lists(st.sampled_from(numbers), max_size=3)):
                slots[name, slot] = draw(st.sampled_from(((40, 38), (60, 30), (40, 0), (10, 10), (20, 14))))
    return Counters(slots=slots)


@st.composite
def situations(draw, rules=(FUNDS, FUNDS, FUNDS, DECLINED, LIMIT, MONTH_LIMIT, TROUBLE, OURS, NEVER)):
    world = draw(worlds())
    anew = World(
        world.zone,
        world.at,
        windows=world.windows,
        used_until=world.used_until,
        until=world.until,
        since=world.at + timedelta(days=3),
    )
    free = draw(st.sampled_from((None, None, 1, 30, 60, 200)))
    told, renewed = draw(st.sampled_from(((True, True), (True, True), (True, False), (False, True), (False, False))))
    situation = Situation(
        at=world.at,
        reason="insufficient_funds",
        rule=draw(st.sampled_from(rules)),
        rungs_used=draw(st.sampled_from((0, 0, 1, 2, 3, 8))),
        budget=Budget(
            left=draw(st.sampled_from((3, 2, 1, 0))), free_at=world.at + timedelta(hours=free or 0) if free else None
        ),
        house=HOUSE,
        told=world.calendar() if told else None,
        anew=anew.calendar() if renewed else None,
        counters=draw(counters()),
        pay_day=draw(st.none() | st.integers(1, 31)),
        filtered=draw(st.booleans()),
    )
    return situation, (world if told else None), (anew if renewed else None)


def ladder_wishes(one: Situation, world: World) -> list[datetime]:
    """What the static side wants, written out by hand."""
    local = one.at.astimezone(world.zone)
    clock = local.time().replace(microsecond=0)
    if one.rule is LIMIT:
        return [world.local(local.date() + timedelta(days=1), time(8))]
    if one.rule is MONTH_LIMIT:
        day = local.date()
        while day.month == local.month:
            day += timedelta(days=1)
        return [world.local(day, time(8))]
    if one.rule is TROUBLE:
        minutes = {0: 5, 1: 10, 2: 20, 3: 40, 4: 80, 5: 160, 6: 320}.get(one.rungs_used, 1440)
        return [one.at + timedelta(minutes=minutes)]
    if one.rule is OURS:
        hours = {0: 1, 1: 6, 2: 24, 3: 24}.get(one.rungs_used)
        return [one.at + timedelta(hours=hours)] if hours else []
    days = {0: 1, 1: 3, 2: 5}.get(one.rungs_used)
    if days is None:
        return []
    wishes = [world.local(local.date() + timedelta(days=days), clock)]
    for ahead in range(1, days + 4):
        day = local.date() + timedelta(days=ahead)
        last = (day + timedelta(days=1)).month != day.month
        if one.rule is FUNDS and one.pay_day and (day.day == one.pay_day or (last and day.day < one.pay_day)):
            return [world.local(day, time(12)), *wishes]
    return wishes


def rate(tries: int, good: int) -> Fraction:
    return Fraction(good + 1, tries + 2)


def model_day(one: Situation, world: World) -> datetime | None:
    """The best allowed day and hour by the counters, written out by hand."""
    slots = one.counters.slots
    tries = sum(slots.get(("weekday", day), (0, 0))[0] for day in range(7))
    good = sum(slots.get(("weekday", day), (0, 0))[1] for day in range(7))
    if one.rule not in (FUNDS, DECLINED) or tries < 200:
        return None

    def lift(kind: str, slot: int) -> Fraction:
        n, k = slots.get((kind, slot), (0, 0))
        return rate(n, k) / rate(tries, good) if n >= 20 else Fraction(1)

    hours = sorted(range(8, 20), key=lambda hour: (-lift("hour", hour), hour))
    local = one.at.astimezone(world.zone)
    clock = time(hours[0]) if lift("hour", hours[0]) >= Fraction(6, 5) else local.time().replace(microsecond=0)
    best: tuple[Fraction, datetime] | None = None
    for ahead in range(1, 32):
        day = local.date() + timedelta(days=ahead)
        moment = world.first(world.local(day, clock))
        if moment is None or moment.astimezone(world.zone).date() != day:
            continue
        if one.budget.free_at and moment < one.budget.free_at:
            continue
        worth = lift("weekday", day.weekday()) * lift("month_day", day.day)
        if worth >= Fraction(6, 5) and (best is None or worth > best[0]):
            best = (worth, moment)
    return best[1] if best else None


def oracle(one: Situation, told: World | None, anew: World | None):
    """(outcome, moment, whether a rung was spent)"""
    world = told or anew
    if one.rule is NEVER:
        return "stop", "never_again", None
    if one.rule not in (TROUBLE, OURS) and one.budget.left == 0:
        return "stop", "no_more_tries", None
    if world is None:
        return "stop", "no_day_left", None
    wishes = ladder_wishes(one, world)
    if not wishes:
        return "stop", "our_fault" if one.rule is OURS else "no_more_tries", None
    rung = None if one.rule in (LIMIT, MONTH_LIMIT) else one.rungs_used
    picked = None
    for place, outcome in ((told, "retry"), (anew, "announce")):
        for wish in wishes:
            moment = place and place.first(max(wish, one.budget.free_at or wish))
            if moment and picked is None:
                picked = (outcome, moment, rung)
    if picked is None and told and one.rule in (FUNDS, DECLINED) and not one.budget.free_at:
        evening = min(told.local(one.at.astimezone(told.zone).date(), time(20)), told.until) - timedelta(hours=1)
        if evening >= one.at + timedelta(hours=4) and told.allowed(evening):
            picked = ("retry", evening, rung)
    learned = told and model_day(one, told)
    day = lambda moment: moment.astimezone(world.zone).date()  # noqa: E731
    if learned and (picked is None or day(learned) < day(picked[1])):
        picked = ("retry", learned, None)
    if picked is None:
        return "stop", "no_day_left", None
    if one.filtered and one.rule in (FUNDS, DECLINED) and is_hopeless(one, day(picked[1])):
        return "stop", "unlikely", None
    return picked


def is_hopeless(one: Situation, day: date) -> bool:
    slots = one.counters.slots
    tries = sum(slots.get(("weekday", slot), (0, 0))[0] for slot in range(7))
    good = sum(slots.get(("weekday", slot), (0, 0))[1] for slot in range(7))
    if tries < 200:
        return False
    usual = rate(tries, good)
    chance = usual
    for key in (("weekday", day.weekday()), ("month_day", day.day)):
        n, k = slots.get(key, (0, 0))
        chance *= rate(n, k) / usual if n >= 20 else 1
    return chance <= Fraction(1, 10)


@settings(max_examples=600)
@given(situations())
def test_the_decision_is_the_one_found_by_looking_at_every_moment(drawn):
    one, told, anew = drawn
    decision = next_try(one)
    outcome, moment, rung = oracle(one, told, anew)
    if outcome == "stop":
        assert (decision.outcome, decision.reason, decision.moment) == ("stop", moment, None)
    else:
        assert (decision.outcome, decision.moment, decision.rung_used) == (outcome, moment, rung)


@given(situations())
def test_no_try_is_ever_planned_for_a_moment_that_something_forbids(drawn):
    one, told, anew = drawn
    decision = next_try(one)
    if decision.moment is None:
        return
    world = told if decision.outcome == "retry" else anew
    assert world is not None and world.allowed(decision.moment) and decision.moment > one.at
    assert one.budget.free_at is None or decision.moment >= one.budget.free_at
    assert decision.because[0] == {"code": "failed", "reason": "insufficient_funds"} and len(decision.because) > 1


@given(situations())
def test_sparing_somebody_only_ever_takes_a_try_away(drawn):
    one, _told, _anew = drawn
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
    with_filter = next_try(Situation(**fields | {"filtered": True}))
    without = next_try(Situation(**fields | {"filtered": False}))
    assert with_filter == without or with_filter.reason == "unlikely"


@given(situations(rules=(FUNDS, DECLINED)))
def test_the_model_only_ever_pulls_a_try_sooner_and_then_spends_no_rung(drawn):
    one, told, _anew = drawn
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__} | {"filtered": False}
    with_model = next_try(Situation(**fields))
    without = next_try(Situation(**fields | {"counters": Counters()}))
    if with_model != without and without.moment is not None:
        day = lambda moment: moment.astimezone(told.zone).date()  # noqa: E731
        assert day(with_model.moment) < day(without.moment) and with_model.rung_used is None


def morning_case(**changes) -> Situation:
    """Ten in the morning in Shanghai on Tuesday the 10th, everything open, the first rung."""
    world = World(
        ZONES[0],
        datetime(2026, 3, 10, 2, tzinfo=UTC),
        windows=[(START, START + timedelta(days=DAYS))],
        used_until=date(2026, 3, 1),
        until=datetime(2026, 4, 8, tzinfo=UTC),
    )
    told = changes.pop("told", world.calendar())
    return Situation(
        **{
            "at": world.at,
            "reason": "insufficient_funds",
            "rule": FUNDS,
            "rungs_used": 0,
            "budget": Budget(left=3, free_at=None),
            "house": HOUSE,
            "told": told,
            "anew": None,
            "counters": Counters(),
        }
        | changes
    )


def tried_on(one: Situation) -> tuple[int, int]:
    moment = next_try(one).moment
    local = moment.astimezone(ZONES[0])
    return local.day, local.hour


def test_the_ladder_of_a_debtor_without_money_is_one_three_and_five_days():
    assert [tried_on(morning_case(rungs_used=rung)) for rung in range(3)] == [(11, 10), (13, 10), (15, 10)]
    assert next_try(morning_case(rungs_used=3)).reason == "no_more_tries"


def test_a_pay_day_within_three_days_of_the_rung_is_waited_for_and_a_later_one_is_not():
    assert tried_on(morning_case(pay_day=14)) == (14, 12)
    assert tried_on(morning_case(pay_day=15)) == (11, 10)


def test_a_pay_day_before_the_rung_comes_first():
    assert tried_on(morning_case(rungs_used=2, pay_day=12)) == (12, 12)


def test_a_limit_ends_with_the_day_or_with_the_month():
    assert tried_on(morning_case(rule=LIMIT)) == (11, 8)
    assert tried_on(morning_case(rule=MONTH_LIMIT)) == (1, 8)


def test_trouble_of_the_wallet_is_waited_out_in_growing_minutes():
    waits = [next_try(morning_case(rule=TROUBLE, rungs_used=rung)).moment for rung in range(3)]
    at = morning_case().at
    assert [int((moment - at).total_seconds()) // 60 for moment in waits] == [5, 10, 20]


def test_when_the_window_ends_today_there_is_one_more_try_in_its_last_hour_if_that_is_four_hours_away():
    day = datetime(2026, 3, 10, tzinfo=UTC)
    world = World(
        ZONES[0],
        day,
        windows=[(START, datetime(2026, 3, 10, 16, tzinfo=UTC))],
        used_until=date(2026, 3, 1),
        until=datetime(2026, 4, 8, tzinfo=UTC),
    )
    assert tried_on(morning_case(told=world.calendar(), at=day + timedelta(hours=7))) == (10, 19)
    late = morning_case(told=world.calendar(), at=day + timedelta(hours=7, seconds=1))
    assert next_try(late).reason == "no_day_left"


def test_a_tie_goes_to_the_ladder():
    slots = {("weekday", day): (40, 10) for day in range(7)} | {("weekday", 2): (40, 36)}
    same_day, sooner = (
        morning_case(counters=Counters(slots=slots)),
        morning_case(counters=Counters(slots=slots), rungs_used=1),
    )
    assert tried_on(same_day) == (11, 10) and next_try(same_day).rung_used == 0
    assert tried_on(sooner) == (11, 10) and next_try(sooner).rung_used is None


def test_a_month_of_pay_days_on_the_25th_is_learned_from_the_counters_alone():
    slots = {("weekday", day): (100, 20) for day in range(7)} | {("month_day", day): (30, 5) for day in range(1, 32)}
    slots[("month_day", 12)] = (60, 55)
    decision = next_try(morning_case(counters=Counters(slots=slots), rungs_used=2))
    assert decision.moment.astimezone(ZONES[0]).day == 12 and decision.because[1]["code"] == "learned"
