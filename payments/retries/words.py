"""A decision in plain words: for the staff every reason, for the debtor one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext, to_locale
from django.utils.translation import gettext as _

from payments.retries.learning import FIRST, MONTH_DAY, WEEKDAY
from payments.words import REASONS, reason_words

Reason = Mapping[str, Any]


def because_words(reasons: list[dict[str, Any]]) -> list[str]:
    """Every reason of a decision as a sentence, in the order they counted; one we no longer know is left out."""
    return [words for reason in reasons if (words := _words(reason))]


def _words(reason: Reason) -> str:
    code = str(reason.get("code", ""))
    if code in _SAID:
        return _SAID[code](reason)
    if code in PLAIN:
        return str(PLAIN[code])
    return str(REASONS.get(code, ""))


PLAIN: dict[str, Promise] = {
    "limit_of_the_day": gettext_lazy("The wallet's limit begins anew with the next day."),
    "limit_of_the_month": gettext_lazy("The wallet's limit begins anew with the next month."),
    "moved": gettext_lazy("Moved to the first moment that the wallet, the agreement and the debtor's day allow."),
    "told_anew": gettext_lazy("The notice does not reach that far, so the debtor is told again first."),
    "window_ends": gettext_lazy("The wallet's time for this debit ends before that, so once more in its last hours."),
}


def _failed(reason: Reason) -> str:
    return reason_words(str(reason["reason"]))


def _rung(reason: Reason) -> str:
    days = int(reason["days"])
    waited = ngettext("one day later", "%(n)s days later", days) % {"n": days}
    return _("Try %(number)s after it: %(waited)s.") % {"number": reason["rung"], "waited": waited}


def _trouble(reason: Reason) -> str:
    return _("The wallet was in trouble; asked again after %(minutes)s minutes.") % {"minutes": reason["minutes"]}


def _our_mistake(reason: Reason) -> str:
    hours = int(reason["minutes"]) // 60
    return ngettext(
        "It was our mistake; asked again after one hour.",
        "It was our mistake; asked again after %(n)s hours.",
        hours,
    ) % {"n": hours}


def _pay_day(reason: Reason) -> str:
    return _("The debtor is paid on day %(day)s of the month.") % {"day": reason["day"]}


def _cap(reason: Reason) -> str:
    return _("No more tries are allowed before %(day)s.") % {"day": day_words(_date_of(str(reason["until"])))}


def _learned(reason: Reason) -> str:
    return _(
        "On such days %(chance)s%% of tries succeed, on others %(usual)s%%: seen in %(tries)s tries like this one."
    ) % {"chance": reason["chance"], "usual": reason["usual"], "tries": reason["tries"]}


def _left(reason: Reason) -> str:
    tries = int(reason["tries"])
    return ngettext("It is the last try.", "%(n)s tries are left.", tries) % {"n": tries}


def _chosen(reason: Reason) -> str:
    return _("The debtor chose this day instead of %(day)s.") % {"day": day_words(_date_of(str(reason["before"])))}


_SAID: dict[str, Callable[[Reason], str]] = {
    "failed": _failed,
    "rung": _rung,
    "trouble": _trouble,
    "our_mistake": _our_mistake,
    "pay_day": _pay_day,
    "cap": _cap,
    "learned": _learned,
    "chosen": _chosen,
    "left": _left,
}


def _date_of(text: str) -> date:
    return datetime.fromisoformat(text).date()


def cluster_words(reason: str) -> str:
    """After which failure a try was made."""
    return _("First try") if reason == FIRST else reason_words(reason)


def slot_words(kind: str, slot: int) -> str:
    if kind == WEEKDAY:
        return str(WEEKDAYS[slot])
    return _("day %(n)s of the month") % {"n": slot} if kind == MONTH_DAY else f"{slot:02d}:00"


def day_words(day: date) -> str:
    return str(format_date(day, "long", locale=to_locale(get_language() or "en")))
