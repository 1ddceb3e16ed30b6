"""When 委托代扣 lets a contract be charged.

07:00 to 22:00 Beijing time; one success a day; within the first 12 hours of a contract at once, later only after a
notice: not on the day of the notice nor on the next, and for a few days from then on.
Source: WeChat Pay 委托代扣, rules for periodic deductions and 预扣费通知.
"""

from datetime import datetime, timedelta

from common.money import Money
from wallets.providers.messages import ChargeWindow, DeclineInfo, MandateSnapshot
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import MandateState, Reason
from wallets.providers.wechat.times import beijing_day, beijing_hour

OPENS, CLOSES = 7, 22
WAITING_DAYS = 2
# Without a wish of ours a notice allows seven days; the seventh day after it is the last one we use.
LAST_DAY_AFTER_NOTICE = 7
FREE_AFTER_SIGNING = timedelta(hours=12)
_ENDED = {MandateState.REVOKED: Reason.MANDATE_REVOKED, MandateState.EXPIRED: Reason.MANDATE_EXPIRED}


def in_hours(now: datetime) -> bool:
    day = beijing_day(now)
    return beijing_hour(day, OPENS) <= now < beijing_hour(day, CLOSES)


def after_notice(announced_at: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment of the deductions that a notice allows."""
    day = beijing_day(announced_at)
    first, last = day + timedelta(days=WAITING_DAYS), day + timedelta(days=LAST_DAY_AFTER_NOTICE)
    return beijing_hour(first, OPENS), beijing_hour(last, CLOSES)


def charge_window(mandate: MandateSnapshot, amount: Money, now: datetime, plan_limit: int) -> ChargeWindow:
    decline = refusal(mandate, amount, now) or _over_plan(amount, plan_limit)
    if decline:
        return ChargeWindow(open_now=False, decline=decline)
    opens, last = _bounds(mandate, now)
    if last and opens >= last:
        return ChargeWindow(open_now=False, decline=_decline(Category.OPERATOR, Reason.OUTSIDE_WINDOW))
    day = beijing_day(opens)
    closes = beijing_hour(day, CLOSES)
    until = mandate.terms.valid_until
    if until and day > until:
        return ChargeWindow(open_now=False, decline=_decline(Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED))
    return ChargeWindow(open_now=opens <= now < closes, opens_at=opens, closes_at=closes)


def refusal(mandate: MandateSnapshot, amount: Money, now: datetime) -> DeclineInfo | None:
    """What no waiting would mend."""
    terms = mandate.terms
    total = amount if mandate.charged_total is None else mandate.charged_total + amount
    if mandate.state is not MandateState.ACTIVE:
        reason = _ENDED.get(mandate.state, Reason.AUTHENTICATION_REQUIRED)
        return _decline(Category.NEEDS_CUSTOMER_ACTION, reason)
    if terms.valid_until and beijing_day(now) > terms.valid_until:
        return _decline(Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED)
    over = (
        amount.currency != terms.single_limit.currency
        or terms.single_limit < amount
        or (terms.total_limit is not None and terms.total_limit < total)
        or (terms.total_payments is not None and mandate.charged_count >= terms.total_payments)
    )
    return _decline(Category.OPERATOR, Reason.AMOUNT_OVER_MANDATE) if over else None


def _over_plan(amount: Money, plan_limit: int) -> DeclineInfo | None:
    return _decline(Category.OPERATOR, Reason.AMOUNT_OVER_MANDATE) if amount.minor > plan_limit else None


def _bounds(mandate: MandateSnapshot, now: datetime) -> tuple[datetime, datetime | None]:
    """The first moment that the hours, the last charge and the notice allow, and where the notice ends."""
    free = mandate.signed_at is not None and now < mandate.signed_at + FREE_AFTER_SIGNING
    first, last = (now, None) if free or not mandate.announced_at else after_notice(mandate.announced_at)
    opens = max(now, first)
    if mandate.last_charged_on and beijing_day(opens) <= mandate.last_charged_on:
        opens = beijing_hour(mandate.last_charged_on + timedelta(days=1), OPENS)
    return _in_hours(opens), last


def _in_hours(moment: datetime) -> datetime:
    day = beijing_day(moment)
    if moment >= beijing_hour(day, CLOSES):
        return beijing_hour(day + timedelta(days=1), OPENS)
    opens = beijing_hour(day, OPENS)
    return opens if moment < opens else moment


def _decline(category: Category, reason: Reason) -> DeclineInfo:
    return DeclineInfo(category=category, reason=reason, code="charge_window")
