"""When 周期扣款 lets a mandate be charged: from five days before the agreed day to that day itself, once per period.

Source: Alipay open platform, periodic deduction: execute_time and the business errors CYCLE_PAY_*. Days are GMT+8 days.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from common.errors import InvalidInput
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


def check_postponed(mandate: MandateSnapshot, day: date, today: date) -> None:
    """Alipay moves the next day only later, and in a monthly plan never past the 28th."""
    following = mandate.next_charge_on or next(due for due in due_dates(mandate.terms) if due >= today)
    if day <= following:
        raise InvalidInput(_("A debit can only be moved to a later day. Choose one."), field="day")
    if mandate.terms.period_unit is PeriodUnit.MONTH and day.day > LAST_DAY_OF_MONTH:
        raise InvalidInput(_("Alipay debits a monthly plan on day 1 to 28. Choose such a day."), field="day")


def _windows(mandate: MandateSnapshot, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    for due in _agreed_days(mandate):
        first_day = due - timedelta(days=DAYS_BEFORE)
        opens, closes = midnight(first_day), midnight(due + timedelta(days=1))
        charged = mandate.last_charged_on is not None and mandate.last_charged_on >= first_day
        if closes > now and not charged:
            yield opens, closes


def _agreed_days(mandate: MandateSnapshot) -> Iterator[date]:
    """From the day that Alipay says comes next, which may have been moved; then the days of the terms."""
    if mandate.next_charge_on is not None:
        yield mandate.next_charge_on
    for due in due_dates(mandate.terms):
        if mandate.next_charge_on is None or due > mandate.next_charge_on:
            yield due


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
