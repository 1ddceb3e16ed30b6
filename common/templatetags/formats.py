"""Amounts, dates and durations as a reader of the active language writes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_currency, format_decimal, format_percent
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

from common import clock
from common.money import Money

register = template.Library()

# English day order is fixed so that 3/11 is never read two ways.
DATE_PATTERNS = {"en": "d MMM y", "zh": "y年M月d日"}
SHORT_PATTERNS = {"en": "d MMM", "zh": "M月d日"}
MOMENT_PATTERNS = {"en": "d MMM y, HH:mm", "zh": "y年M月d日 HH:mm"}
NOTHING = "–"


def reader() -> Locale:
    return Locale.parse(to_locale(get_language() or "en"))


def as_money(amount: Money | int, currency: str) -> Money:
    return amount if isinstance(amount, Money) else Money(amount, currency)


@register.simple_tag
def money(amount: Money | int | None, currency: str = "") -> SafeString | str:
    """`{% money account.balance %}` or `{% money 12550 "EUR" %}` (minor units)."""
    if amount is None:
        return NOTHING
    value = as_money(amount, currency)
    name = "money money-negative" if value.minor < 0 else "money"
    return format_html('<span class="{}">{}</span>', name, value.format(get_language() or "en"))


@register.simple_tag
def money_short(amount: Money | int, currency: str = "") -> SafeString:
    """A large amount for a headline ("$1.2M"), with the exact one as its title."""
    value = as_money(amount, currency)
    short = format_compact_currency(value.to_decimal(), value.currency, locale=reader(), fraction_digits=1)
    return format_html('<span class="money" title="{}">{}</span>', value.format(get_language() or "en"), short)


@register.filter
def number(value: int | Decimal | None) -> str:
    return NOTHING if value is None else format_decimal(value, locale=reader())


@register.filter
def percent(share: Decimal | None) -> str:
    """A share of one ("0.125" reads 12.5%)."""
    return NOTHING if share is None else format_percent(share, format="#,##0.#%", locale=reader())


@register.simple_tag
def day(value: date | datetime | None) -> SafeString | str:
    if value is None:
        return NOTHING
    local = timezone.localtime(value).date() if isinstance(value, datetime) else value
    text = format_date(local, DATE_PATTERNS.get(reader().language, "medium"), locale=reader())
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


def short_day(value: date) -> str:
    """Without the year, for the axis of a chart."""
    return format_date(value, SHORT_PATTERNS.get(reader().language, "short"), locale=reader())


@register.simple_tag
def moment(value: datetime | None, zone: str = "") -> SafeString | str:
    """Date and time in the reader's zone, or in `zone` (an IANA name) with that zone said."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value, ZoneInfo(zone) if zone else None)
    text = format_datetime(local, MOMENT_PATTERNS.get(reader().language, "medium"), locale=reader())
    shown = f"{text} ({zone.rpartition('/')[2].replace('_', ' ')})" if zone else text
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), shown)


@register.simple_tag
def ago(value: datetime | None) -> SafeString | str:
    """How long ago or ahead by the platform's clock, the exact moment as the title."""
    if value is None:
        return NOTHING
    text = format_timedelta(value - clock.now(), add_direction=True, locale=reader())
    exact = format_datetime(
        timezone.localtime(value), MOMENT_PATTERNS.get(reader().language, "medium"), locale=reader()
    )
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, text)
