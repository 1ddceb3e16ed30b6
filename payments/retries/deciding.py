"""The decision after a failed debit: a pure function of what is known, with every reason it went by.

The ladder and the model are both asked. The earlier day wins, a tie goes to the ladder, and a rung is spent only when
it is used; so the ladder is the floor that no model can lower, and the budget is the end of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from payments.retries.budget import Budget
from payments.retries.calendar import Calendar
from payments.retries.house import House
from payments.retries.learning import Counters
from payments.retries.rules import Ladder, Rule, Wait
from wallets.periods import add_months, month_day

RETRY, ANNOUNCE, STOP = "retry", "announce", "stop"
# How far ahead the model looks, and how long a second try on the same day has to wait at least.
LOOK_AHEAD = 31
LATER_TODAY = timedelta(hours=4)
# Wages arrive in the course of the day; a pay day so soon after a rung is worth the wait.
PAID_BY = time(12)
PAY_DAY_NEAR = timedelta(days=3)
Because = tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`told`: when a try may take place under the notice that was given; `anew`: after a new one. None: never.

    `rungs_used` counts on the ladder of `rule`. `filtered`: this debtor is spared tries that hardly ever succeed.
    """

    at: datetime
    reason: str
    rule: Rule
    rungs_used: int
    budget: Budget
    house: House
    told: Calendar | None
    anew: Calendar | None
    counters: Counters
    pay_day: int | None = None
    filtered: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`reason`: of the failure; for a stop, why there is no next try. `rung_used`: None when the moment was learned."""

    outcome: str
    reason: str
    ladder: str
    moment: datetime | None = None
    rung_used: int | None = None
    because: Because = ()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A moment somebody would like, before anything else is asked."""

    moment: datetime
    rung: int | None
    because: Because


def next_try(situation: Situation) -> Decision:
    """When the debit is tried again, whether people are told anew before, or why it is not tried again."""
    rule, calendar = situation.rule, situation.told or situation.anew
    if rule.stop:
        return _stop(situation, rule.stop)
    if rule.ladder is Ladder.DECLINED and situation.budget.left <= 0:
        return _stop(situation, "no_more_tries")
    if calendar is None:
        return _stop(situation, "no_day_left")
    wishes = tuple(_wishes(situation, calendar))
    if not wishes:
        return _stop(situation, "our_fault" if rule.ladder is Ladder.OPERATOR else "no_more_tries")
    static, learned = _static(situation, wishes), _learned(situation)
    sooner = learned if learned and _is_sooner(learned, static, calendar) else static
    if sooner is None:
        return _stop(situation, "no_day_left")
    return _spared(situation, sooner, calendar)


def _is_sooner(learned: Decision, static: Decision | None, calendar: Calendar) -> bool:
    return static is None or _day(calendar, learned) < _day(calendar, static)


def _day(calendar: Calendar, decision: Decision) -> date:
    assert decision.moment is not None  # noqa: S101 - only decisions to try are compared
    return calendar.day(decision.moment)


def _spared(situation: Situation, decision: Decision, calendar: Calendar) -> Decision:
    hopeless = situation.counters.is_hopeless(_day(calendar, decision))
    return _stop(situation, "unlikely") if situation.filtered and situation.rule.learned and hopeless else decision


def _wishes(situation: Situation, calendar: Calendar) -> Iterator[Wish]:
    """What the ladder or the limit asks for, the better one first; nothing when the ladder has come to its end."""
    rule, used = situation.rule, situation.rungs_used
    today = calendar.day(situation.at)
    if rule.wait is Wait.NEXT_DAY:
        yield _limit("limit_of_the_day", calendar, today + timedelta(days=1))
    elif rule.wait is Wait.NEXT_MONTH:
        yield _limit("limit_of_the_month", calendar, add_months(today.replace(day=1), 1))
    elif rule.ladder is Ladder.TROUBLE:
        yield _waited(situation, "trouble", timedelta(minutes=[*situation.house.minutes, 24 * 60][: used + 1][-1]))
    elif rule.ladder is Ladder.OPERATOR and used < len(situation.house.hours):
        yield _waited(situation, "our_mistake", timedelta(hours=situation.house.hours[used]))
    elif rule.ladder is Ladder.DECLINED and used < len(situation.house.days):
        yield from _rungs(situation, calendar, situation.house.days[used])


def _rungs(situation: Situation, calendar: Calendar, days: int) -> Iterator[Wish]:
    today, rung = calendar.day(situation.at), situation.rungs_used
    due = today + timedelta(days=days)
    why = {"code": "rung", "rung": rung + 1, "days": days}
    paid = _next_pay_day(today, situation.pay_day) if situation.rule.pay_day else None
    if paid and paid <= due + PAY_DAY_NEAR:
        yield Wish(
            moment=calendar.at(paid, PAID_BY), rung=rung, because=(why, {"code": "pay_day", "day": situation.pay_day})
        )
    yield Wish(moment=calendar.at(due, _clock(situation, calendar)), rung=rung, because=(why,))


def _next_pay_day(today: date, day: int | None) -> date | None:
    """The next one after today; in a short month its last day."""
    if day is None:
        return None
    coming = month_day(today, day)
    return coming if coming > today else month_day(add_months(today.replace(day=1), 1), day)


def _limit(code: str, calendar: Calendar, day: date) -> Wish:
    return Wish(moment=calendar.at(day, calendar.opens), rung=None, because=({"code": code},))


def _waited(situation: Situation, code: str, wait: timedelta) -> Wish:
    minutes = int(wait.total_seconds()) // 60
    why = {"code": code, "rung": situation.rungs_used + 1, "minutes": minutes}
    return Wish(moment=situation.at + wait, rung=situation.rungs_used, because=(why,))


def _clock(situation: Situation, calendar: Calendar) -> time:
    return situation.at.astimezone(calendar.zone).time().replace(microsecond=0)


def _static(situation: Situation, wishes: tuple[Wish, ...]) -> Decision | None:
    """Under the notice that was given if there is a moment, else under a new one, else once more later today."""
    for calendar, outcome in ((situation.told, RETRY), (situation.anew, ANNOUNCE)):
        for wish in wishes:
            granted = calendar and _granted(situation, wish, calendar, outcome)
            if granted:
                return granted
    return _later_today(situation, wishes[-1])


def _granted(situation: Situation, wish: Wish, calendar: Calendar, outcome: str) -> Decision | None:
    """The wish, moved to the first moment that the caps and the calendar allow."""
    free = max(wish.moment, situation.budget.free_at or wish.moment)
    moment = calendar.first(free)
    if moment is None:
        return None
    because = list(wish.because)
    if free > wish.moment:
        because.append({"code": "cap", "until": free.isoformat()})
    if moment > free:
        because.append({"code": "moved"})
    if outcome == ANNOUNCE:
        because.append({"code": "told_anew"})
    return _try(situation, outcome, moment, wish.rung, tuple(because))


def _later_today(situation: Situation, wish: Wish) -> Decision | None:
    """The window ends before the rung: one more try in its last hours, for whom has got money meanwhile."""
    calendar = situation.told
    if calendar is None or not situation.rule.learned or situation.budget.free_at:
        return None
    moment = calendar.last_today(situation.at)
    fits = moment >= situation.at + LATER_TODAY and calendar.first(moment) == moment
    because = (*wish.because, {"code": "window_ends"})
    return _try(situation, RETRY, moment, wish.rung, because) if fits else None


def _learned(situation: Situation) -> Decision | None:
    """The model's day and hour, under the notice that was given; None when it has nothing to say."""
    calendar = situation.told
    if calendar is None or not situation.rule.learned or not situation.counters.speaks:
        return None
    counters = situation.counters
    hour = counters.best_hour(range(calendar.opens.hour, calendar.closes.hour))
    clock = _clock(situation, calendar) if hour is None else time(hour)
    moments = dict(_days_ahead(situation, calendar, clock))
    day = counters.best_day(moments)
    if day is None:
        return None
    why = {
        "code": "learned",
        "day": day.isoformat(),
        "tries": counters.tries,
        "chance": int(counters.chance(day) * 100),
        "usual": int(counters.rate * 100),
    }
    return _try(situation, RETRY, moments[day], None, (why,))


def _days_ahead(situation: Situation, calendar: Calendar, clock: time) -> Iterator[tuple[date, datetime]]:
    """The coming days on which a try is allowed, each with its first moment from `clock` on."""
    today = calendar.day(situation.at)
    for ahead in range(1, LOOK_AHEAD + 1):
        day = today + timedelta(days=ahead)
        moment = calendar.first(calendar.at(day, clock))
        if moment is None:
            return
        free = situation.budget.free_at
        if calendar.day(moment) == day and not (free and moment < free):
            yield day, moment


def _try(situation: Situation, outcome: str, moment: datetime, rung: int | None, because: Because) -> Decision:
    failed = {"code": "failed", "reason": situation.reason}
    left = {"code": "left", "tries": situation.budget.left}
    counted = (left,) if situation.rule.ladder is Ladder.DECLINED else ()
    return Decision(
        outcome=outcome,
        reason=situation.reason,
        ladder=situation.rule.ladder.value,
        moment=moment,
        rung_used=rung,
        because=(failed, *because, *counted),
    )


def _stop(situation: Situation, why: str) -> Decision:
    failed = {"code": "failed", "reason": situation.reason}
    return Decision(outcome=STOP, reason=why, ladder=situation.rule.ladder.value, because=(failed, {"code": why}))
