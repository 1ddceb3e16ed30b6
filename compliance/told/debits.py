"""What rules about debits say: agreements, their notices, and tries after a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from compliance.told.names import all_named, count_words, length_words, listed, named


def mandate(params: Mapping[str, Any]) -> Iterator[str]:
    if "form" in params:
        yield _("The agreement is: %(form)s.") % {"form": named(params["form"])}
    if params.get("fields"):
        yield _("It states: %(what)s.") % {"what": all_named(params["fields"])}
    if params.get("requires"):
        yield _("A debit needs: %(what)s.") % {"what": all_named(params["requires"])}
    if params.get("forbids"):
        yield _("Not allowed: %(what)s.") % {"what": all_named(params["forbids"])}
    if params.get("copy_to_consumer"):
        yield _("The person gets a copy of it.")
    if params.get("may_condition_credit_on_it") is False:
        yield _("Credit may not depend on it.")
    if "afa_above" in params:
        yield _("Above %(amount)s the payer confirms each debit.") % {"amount": params["afa_above"]}
    for purpose, amount in params.get("afa_above_by_purpose", {}).items():
        yield _("For %(purpose)s: above %(amount)s.") % {"purpose": named(purpose), "amount": amount}
    if "expires_when_idle" in params:
        yield _("It ends when it is not used for %(length)s.") % {"length": length_words(params["expires_when_idle"])}


def prenotice(params: Mapping[str, Any]) -> Iterator[str]:
    yield _("The payer is told %(length)s before the debit: %(when)s.") % {
        "length": length_words(params["lead"]),
        "when": named(params["when"]),
    }
    if "not_before" in params:
        yield _("Not sooner than %(length)s before it.") % {"length": length_words(params["not_before"])}
    if params.get("fields"):
        yield _("It states: %(what)s.") % {"what": all_named(params["fields"])}
    if "form" in params:
        yield _("In this form: %(form)s.") % {"form": named(params["form"])}
    if params.get("unless"):
        yield _("Not if: %(condition)s.") % {"condition": all_named(params["unless"])}


def retry(params: Mapping[str, Any]) -> Iterator[str]:
    within = length_words(params["within"]) if "within" in params else ""
    for name, words in _MOST.items():
        if name in params and within:
            yield words() % {"n": params[name]} + " " + _("Within %(length)s.") % {"length": within}
        elif name in params:
            yield words() % {"n": params[name]}
    for cap in params.get("caps", ()):
        yield _("At most %(max)s tries in %(hours)s.") % {
            "max": cap["max"],
            "hours": count_words(cap["hours"], "hours"),
        }
    if "min_gap" in params:
        yield _("At least %(length)s apart.") % {"length": length_words(params["min_gap"])}
    for name, told in _CODES.items():
        if params.get(name):
            yield told() % {"codes": listed(sorted(params[name]))}
    for name in ("wait_mac", "wait_codes"):
        if params.get(name):
            waits = listed(f"{code} {count_words(hours, 'hours')}" for code, hours in sorted(params[name].items()))
            yield _("Wait after these answers: %(waits)s.") % {"waits": waits}
    for name, words in _FLAGS.items():
        if name in params and (name != "part_payment" or params[name] is False):
            yield words()
    if "entry_description" in params:
        yield _("The entry is described as “%(text)s”.") % {"text": params["entry_description"]}
    if params.get("reset_on"):
        yield _("Counted anew after: %(event)s.") % {"event": all_named(params["reset_on"])}
    if "until" in params:
        yield _("Until: %(event)s.") % {"event": named(params["until"])}
    if params.get("across") == "all_rails":
        yield _("Tries on every way of paying count together.")


_MOST: Mapping[str, Callable[[], str]] = {
    "max": lambda: _("At most %(n)s tries in all."),
    "max_retries": lambda: _("At most %(n)s tries after the first."),
    "max_refusals": lambda: _("After %(n)s refusals, none any more."),
    "max_consecutive_failures": lambda: _("After %(n)s failures in a row, none any more."),
}
_CODES: Mapping[str, Callable[[], str]] = {
    "never_codes": lambda: _("Never again after: %(codes)s."),
    "never_mac": lambda: _("Never again after the advice: %(codes)s."),
    "retry_codes": lambda: _("Only after: %(codes)s."),
    "needs_new_authorisation": lambda: _("Only with a new agreement after: %(codes)s."),
}
_FLAGS: Mapping[str, Callable[[], str]] = {
    "same_amount": lambda: _("For the same amount."),
    "needs_code": lambda: _("Only if the bank gave a reason."),
    "part_payment": lambda: _("Not for a part of the amount."),
}
