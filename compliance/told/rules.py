"""What a rule of a pack says, as sentences with its numbers: about contact here, about debits in `debits`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.packs.checks import EVERY
from compliance.packs.schema import Rule
from compliance.told import debits
from compliance.told.names import (
    ACTION_WORDS,
    CHANNEL_WORDS,
    PER_WORDS,
    RAIL_WORDS,
    ROLE_WORDS,
    all_named,
    all_of,
    clock_words,
    condition_words,
    count_words,
    days_words,
    length_words,
    listed,
    named,
    span_words,
)

Says = Callable[[Mapping[str, Any]], Iterator[str]]


def sentences(rule: Rule) -> list[str]:
    """What it demands, then when it does not."""
    return [*_TYPES[rule.type](rule.params), *_exceptions(rule)]


def scope_words(rule: Rule) -> str:
    """Whom and what it is about."""
    scope = rule.scope
    parts = [
        all_of(table, chosen)
        for table, chosen in (
            (CHANNEL_WORDS, scope.channels),
            (RAIL_WORDS, scope.rails),
            (ACTION_WORDS, scope.actions),
            ({}, scope.notices),
            (ROLE_WORDS, scope.roles),
        )
        if chosen is not None
    ]
    if scope.needs:
        parts.append(_("only if: %(condition)s") % {"condition": condition_words(scope.needs)})
    return " · ".join(parts) or _("everybody and everything")


def period_of(rule: Rule) -> tuple[date | None, date | None]:
    """Its first day, and the first day it no longer counts, where they are its own."""
    start, end = rule.effective.start, rule.effective.end
    return (None if start == date.min else start, None if end == date.max else end)


def _exceptions(rule: Rule) -> Iterator[str]:
    for one in rule.exceptions:
        words = {"condition": condition_words(one.when), "what": all_named(one.permits)}
        if one.permits == ("all",):
            yield _("Not if: %(condition)s.") % words
        else:
            yield _("If: %(condition)s, it permits: %(what)s.") % words


def _window(params: Mapping[str, Any]) -> Iterator[str]:
    yield _("Only %(hours)s, in every time zone the person may be in.") % {"hours": _hours(params["allow"])}
    if "deny" in params:
        yield _("Not %(hours)s.") % {"hours": _hours(params["deny"])}
    if params.get("holidays") == "deny":
        yield _("Not on public holidays.")
    if params.get("honour_debtor_windows"):
        yield _("Hours the person has asked for are kept too.")


def _hours(windows: Any) -> str:
    return listed(
        _("%(days)s from %(start)s to %(end)s")
        % {"days": days_words(days), "start": clock_words(start), "end": clock_words(end)}
        for days, start, end in windows
    )


def _cap(params: Mapping[str, Any]) -> Iterator[str]:
    most = {"max": params["max"], "period": _period(params["window"]), "per": _per(params)}
    if params["max"] == 0:
        yield _("None at all.")
    elif params["count"] == "contacts":
        yield _("At most %(max)s that reach the person in %(period)s, for each %(per)s.") % most
    elif params["count"] == "conversations":
        yield _("At most %(max)s conversations in %(period)s, for each %(per)s.") % most
    else:
        yield _("At most %(max)s attempts in %(period)s, for each %(per)s.") % most
    yield from _counted(params)
    if "aggregate" in params:
        yield _("Counted together: %(who)s.") % {"who": all_named(params["aggregate"])}
    if "unattributed_call_counts_to" in params:
        yield _("A call about no debt in particular counts for one of them.")


def _counted(params: Mapping[str, Any]) -> Iterator[str]:
    counted = params.get("channels_counted", EVERY)
    if counted != EVERY:
        yield _("Counted: %(channels)s.") % {"channels": all_of(CHANNEL_WORDS, counted)}
    if params.get("exclude"):
        yield _("Not counted: %(what)s.") % {"what": all_named(params["exclude"])}


def _per(params: Mapping[str, Any]) -> str:
    return _(" and ").join(str(PER_WORDS[name]) for name in params.get("per", ("person",)))


def _period(window: Mapping[str, Any]) -> str:
    n = window.get("n", 1)
    return {
        "rolling_days": ngettext("any %(n)s day", "any %(n)s days in a row", n),
        "rolling_hours": ngettext("any %(n)s hour", "any %(n)s hours in a row", n),
        "calendar_day": ngettext("a day", "%(n)s days of the calendar", n),
        "calendar_week": ngettext("a week of the calendar", "%(n)s weeks of the calendar", n),
        "calendar_month": ngettext("a month of the calendar", "%(n)s months of the calendar", n),
    }[window["kind"]] % {"n": n}


def _cooldown(params: Mapping[str, Any]) -> Iterator[str]:
    length = listed(count_words(params[unit], unit) for unit in ("days", "hours", "minutes") if unit in params)
    yield _("After %(event)s: quiet for %(length)s, for each %(per)s.") % {
        "event": all_named(params["after"]),
        "length": length,
        "per": _per(params),
    }
    if params.get("day_one") == "event_date":
        yield _("The day it happened is the first of them.")
    yield from _counted(params)


def _consent(params: Mapping[str, Any]) -> Iterator[str]:
    yield _("Needs one of: %(what)s.") % {"what": all_named(params["any_of"])}
    if "fresh_within_days" in params:
        yield _("No older than %(days)s; refreshed by: %(what)s.") % {
            "days": count_words(params["fresh_within_days"], "days"),
            "what": all_named(params.get("refresh_by", ())),
        }


def _opt_out(params: Mapping[str, Any]) -> Iterator[str]:
    yield _("Whoever asks to stop is not contacted again: %(reach)s.") % {
        "reach": listed(_REACH[name]() for name in params["applies_to"])
    }
    if params.get("keywords"):
        yield _("Words that stop it: %(words)s.") % {"words": listed(params["keywords"])}
    if params.get("free_text") == "reasonable_person":
        yield _("Own words count as well, if anybody would understand them so.")
    if "honour_within" in params:
        yield _("At the latest after %(length)s.") % {"length": length_words(params["honour_within"])}
    if "confirmation" in params:
        yield _("Confirmed at most %(max)s time(s), within %(minutes)s minutes, without advertising.") % {
            "max": params["confirmation"].get("max", 1),
            "minutes": params["confirmation"].get("within_min", 5),
        }
    if params.get("reply_if_consumer_recontacts_on_medium"):
        yield _("Whoever writes again on that channel is answered there: %(max)s time(s).") % {
            "max": params["reply_if_consumer_recontacts_on_medium"]
        }
    if params.get("exclusive_channel_allowed") is False:
        yield _("Nobody may be told to use one channel only.")
    if params.get("permits"):
        yield _("Still permitted: %(what)s.") % {"what": all_named(params["permits"])}


_REACH: Mapping[str, Callable[[], str]] = {
    "same_address_or_number": lambda: _("at this address or number"),
    "same_medium": lambda: _("on this channel"),
    "same_matter_robocalls_and_robotexts": lambda: _("by automated calls and texts about this matter"),
    "all_robocalls_and_robotexts_of_caller": lambda: _("by any automated call or text of ours"),
    "all_channels": lambda: _("on every channel"),
}


def _audience(params: Mapping[str, Any]) -> Iterator[str]:
    if "allow_recipients" in params:
        yield _("Only to: %(who)s.") % {"who": all_named(params["allow_recipients"])}
        if params.get("else") == "review":
            yield _("A person decides about anybody else.")
    if "deny_if" in params:
        yield _("Forbidden if: %(condition)s.") % {"condition": condition_words(params["deny_if"])}
    if "deny_address_kinds" in params:
        yield _("Not to an address of: %(kinds)s.") % {"kinds": all_named(params["deny_address_kinds"])}
    if "if" in params:
        yield _("Only if: %(condition)s.") % {"condition": condition_words(params["if"])}
    if params.get("unless"):
        yield _("Not if: %(condition)s.") % {"condition": all_named(params["unless"])}
    if "redirect_to" in params:
        yield _("Write to %(who)s instead.") % {"who": named(params["redirect_to"])}
    for key, names in params.items():
        if key.endswith("_only_if"):
            yield _("%(who)s only if: %(condition)s.") % {
                "who": named(key.removesuffix("_only_if")).capitalize(),
                "condition": all_named(names),
            }
    if "location_enquiry" in params:
        yield _("Others may be asked where the person is %(max)s time(s) each, without a word of the debt.") % {
            "max": params["location_enquiry"].get("max_per_person", 1)
        }


def _freeze(params: Mapping[str, Any]) -> Iterator[str]:
    words = {"trigger": all_named(params["trigger"]), "what": all_of(ACTION_WORDS, params["blocks"])}
    yield _("Stopped by: %(trigger)s.") % words
    yield _("Then none of these: %(what)s.") % words
    yield _("For: %(over)s.") % {"over": all_of(PER_WORDS, params["over"])}
    if "days" in params:
        yield _("For %(days)s at most.") % {"days": count_words(params["days"], "days")}
    if "until" in params:
        yield _("Until: %(event)s.") % {"event": named(params["until"])}
    if "then_days" in params:
        yield _("And %(days)s after that.") % {"days": count_words(params["then_days"], "days")}
    if params.get("permits"):
        yield _("Still permitted: %(what)s.") % {"what": all_named(params["permits"])}
    if "only_within" in params:
        yield _("Only within: %(what)s.") % {"what": named(params["only_within"])}
    if params.get("portion_only"):
        yield _("Only the disputed part stands still.")
    if "then" in params:
        yield _("Before it goes on: %(what)s.") % {"what": named(params["then"])}
    if "written_confirmation_days" in params:
        yield _("The bank may want it confirmed in writing within %(days)s.") % {
            "days": count_words(params["written_confirmation_days"], "days")
        }
    if "house" in params:
        yield _("Our own rule: %(what)s.") % {"what": named(params["house"])}
    if "bank_cutoff" in params:
        yield _("The bank stops it until %(length)s before.") % {"length": length_words(params["bank_cutoff"])}


def _notice(params: Mapping[str, Any]) -> Iterator[str]:
    words = {"notice": named(params["notice"])}
    yield _("Needs: %(notice)s.") % words
    if "due" in params:
        yield _("When: %(when)s.") % {"when": span_words(params["due"])}
    if "wait" in params:
        yield _("Then wait %(length)s.") % {"length": length_words(params["wait"])}
    if params.get("else_ok"):
        yield _("Not needed if: %(condition)s.") % {"condition": all_named(params["else_ok"])}
    if "period" in params:
        yield _("It opens a period of %(days)s.") % {"days": count_words(params["period"]["days"], "days")}
        if received := params["period"].get("assumed_receipt"):
            yield _("It counts as received after %(length)s.") % {"length": length_words(received)}
    if params.get("overshadow_check"):
        yield _("Nothing may contradict it while its period runs.")
    if params.get("bounce_voids"):
        yield _("One that did not arrive does not count.")
    if params.get("fields"):
        yield _("It states: %(what)s.") % {"what": all_named(params["fields"])}


def _content(params: Mapping[str, Any]) -> Iterator[str]:
    for name, words in _CONTENT.items():
        if params.get(name):
            yield words() % {"what": all_named(params[name] if isinstance(params[name], tuple) else (params[name],))}
    if params.get("limited_content_only"):
        yield _("And nothing else.")
    if params.get("same_language"):
        yield _("In the language of the message.")
    if params.get("keepable"):
        yield _("In a form the person can keep.")
    if "honour_within" in params:
        yield _("At the latest after %(length)s.") % {"length": length_words(params["honour_within"])}


_CONTENT: Mapping[str, Callable[[], str]] = {
    "must_include": lambda: _("The message says: %(what)s."),
    "must_not_include": lambda: _("It must not contain: %(what)s."),
    "must_not_require": lambda: _("Opting out must not require: %(what)s."),
    "may_include": lambda: _("It may also say: %(what)s."),
    "first": lambda: _("The first message says: %(what)s."),
    "later": lambda: _("Every later one says: %(what)s."),
    "deliverable": lambda: _("By %(what)s."),
    "electronic_requires": lambda: _("Electronically only with: %(what)s."),
}


def _retention(params: Mapping[str, Any]) -> Iterator[str]:
    yield _("Kept for at least %(length)s: %(what)s.") % {
        "length": span_words(params["keep_until"]),
        "what": all_named(params["records"]),
    }
    for name, length in params.items():
        if name == "max":
            yield _("At most %(length)s.") % {"length": span_words(length)}
        elif name not in ("keep_until", "records"):
            yield _("Kept for at least %(length)s: %(what)s.") % {"length": span_words(length), "what": named(name)}


_TYPES: Mapping[str, Says] = {
    "window": _window,
    "cap": _cap,
    "cooldown": _cooldown,
    "consent": _consent,
    "opt_out": _opt_out,
    "audience": _audience,
    "freeze": _freeze,
    "notice": _notice,
    "content": _content,
    "mandate": debits.mandate,
    "prenotice": debits.prenotice,
    "retry": debits.retry,
    "retention": _retention,
}
