"""When 周期扣款 lets a mandate be charged: from five days before the agreed day to that day itself, once per period.

Source: Alipay open platform, periodic deduction: execute_time and the business errors CYCLE_PAY_*. Days are GMT+8 days.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from common.money import Money
from wallets.providers.alipay.gateway import ALIPAY_ZONE
from wallets.providers.messages import ChargeWindow, DeclineInfo, MandateSnapshot, MandateTerms
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import MandateState, PeriodUnit, Reason

DAYS_BEFORE = 5
LAST_DAY_OF_MONTH = 28
SHORTEST_DAY_PERIOD = 7
_ENDED = {MandateState.REVOKED: Reason.MANDATE_REVOKED, MandateState.EXPIRED: Reason.MANDATE_EXPIRED}


def due_dates(terms: MandateTerms) -> Iterator[date]:
    """The agreed days, from the first, without end."""
    due = terms.first_charge_on
    while True:
        yield due
        due = _following(due, terms)


def charge_window(mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
    decline = _refusal(mandate, amount, now)
    if decline:
        return ChargeWindow(open_now=False, decline=decline)
    opens, closes = next(_windows(mandate, now))
    if mandate.terms.valid_until and opens.date() > mandate.terms.valid_until:
        return ChargeWindow(open_now=False, decline=_decline(Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED))
    return ChargeWindow(open_now=opens <= now < closes, opens_at=opens, closes_at=closes)


def _windows(mandate: MandateSnapshot, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    for due in due_dates(mandate.terms):
        first_day = due - timedelta(days=DAYS_BEFORE)
        opens, closes = midnight(first_day), midnight(due + timedelta(days=1))
        charged = mandate.last_charged_on is not None and mandate.last_charged_on >= first_day
        moved = mandate.next_charge_on is not None and due < mandate.next_charge_on
        if closes > now and not charged and not moved:
            yield opens, closes


def _refusal(mandate: MandateSnapshot, amount: Money, now: datetime) -> DeclineInfo | None:
    terms = mandate.terms
    total = amount if mandate.charged_total is None else mandate.charged_total + amount
    today = now.astimezone(ALIPAY_ZONE).date()
    over = (
        amount.currency != terms.single_limit.currency
        or terms.single_limit < amount
        or (terms.total_limit is not None and terms.total_limit < total)
        or (terms.total_payments is not None and mandate.charged_count >= terms.total_payments)
    )
    if mandate.state is not MandateState.ACTIVE:
        reason = _ENDED.get(mandate.state, Reason.AUTHENTICATION_REQUIRED)
        return _decline(Category.NEEDS_CUSTOMER_ACTION, reason)
    if terms.valid_until and today > terms.valid_until:
        return _decline(Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED)
    return _decline(Category.OPERATOR, Reason.AMOUNT_OVER_MANDATE) if over else None


def _decline(category: Category, reason: Reason) -> DeclineInfo:
    return DeclineInfo(category=category, reason=reason, code="charge_window")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ALIPAY_ZONE)


def _following(day: date, terms: MandateTerms) -> date:
    if terms.period_unit is PeriodUnit.DAY:
        return day + timedelta(days=terms.period)
    months = day.year * 12 + day.month - 1 + terms.period
    return day.replace(year=months // 12, month=months % 12 + 1)
