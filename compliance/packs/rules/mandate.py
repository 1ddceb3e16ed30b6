"""mandate: whether the authorisation carries this debit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_noop

from compliance.packs.calendars import add_months
from compliance.packs.look import ABSENT, Look
from compliance.packs.names import also_called
from compliance.packs.rules.doubt import doubt
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

AFA = "afa"
_NO_MANDATE = gettext_noop("Nobody knows on which authorisation this debit rests.")
_FORM = gettext_noop("The authorisation must be: %(form)s.")
_FORM_UNKNOWN = gettext_noop("It is not known in which form the authorisation was given.")
_COPY = gettext_noop("The consumer must have a copy of the authorisation.")
_CONDITION = gettext_noop("Credit may not depend on the authorisation.")
_FIELDS = gettext_noop("The authorisation does not state: %(fields)s.")
_NEEDS = gettext_noop("This debit needs: %(name)s.")
_NEEDS_UNKNOWN = gettext_noop("It is not known whether this is there: %(name)s.")
_FORBIDS = gettext_noop("This debit is not allowed because of: %(name)s.")
_AFA = gettext_noop("Above %(limit)s the payer confirms each debit with a further factor.")
_NO_AMOUNT = gettext_noop("The amount is not known.")
_IDLE = gettext_noop("The authorisation has expired: it was not used for %(months)s months.")
_PURPOSES = ("purpose", "mandate.purpose", "debt.purpose", "payment_purpose", "debt.product")
Check = Callable[[Look], Iterable[Finding]]


def build(rule: Rule, pack: Pack) -> Check:
    params, unknown = rule.params, doubt(rule, pack)
    checks: list[Check] = []
    if "form" in params:
        checks.append(partial(_form, rule, unknown))
    if set(params) & {"fields", "requires", "forbids"} or "copy_to_consumer" in params:
        checks.append(partial(_terms, rule, unknown))
    if "afa_above" in params:
        checks.append(partial(_afa, rule, unknown))
    if "expires_when_idle" in params:
        checks.append(partial(_idle, rule))
    return lambda at: [one for check in checks for one in check(at)]


def _form(rule: Rule, unknown: Callable[..., Finding], at: Look) -> Iterable[Finding]:
    told = at.case.told("mandate.form")
    told = at.case.told("mandate_form") if told is ABSENT else told
    if told is ABSENT:
        return () if at.case.action.mandate and rule.on_missing is None else (unknown(_NO_MANDATE),)
    if told is None or told == "unknown":
        return (unknown(_FORM_UNKNOWN),)
    if told == rule.params["form"]:
        return ()
    return (Finding(Kind.BLOCK, rule, _FORM, {"form": rule.params["form"].replace("_", " ")}),)


def _terms(rule: Rule, unknown: Callable[..., Finding], at: Look) -> Iterable[Finding]:
    params = rule.params
    if params.get("copy_to_consumer") and at.truth("mandate.copy_to_consumer", absent=True) is False:
        yield Finding(Kind.BLOCK, rule, _COPY)
    if params.get("may_condition_credit_on_it") is False and at.truth("credit_conditioned_on_mandate"):
        yield Finding(Kind.BLOCK, rule, _CONDITION)
    stated = at.value("mandate.fields") or at.value("mandate_fields")
    if isinstance(stated, list | tuple) and (missing := [one for one in params.get("fields", ()) if one not in stated]):
        yield Finding(Kind.BLOCK, rule, _FIELDS, {"fields": ", ".join(missing)})
    for name in params.get("requires", ()):
        answer = at.truth(name, absent=False if rule.on_missing is None else None)
        if answer is None:
            yield unknown(_NEEDS_UNKNOWN, name=name.replace("_", " "))
        elif not answer:
            yield Finding(Kind.BLOCK, rule, _NEEDS, {"name": name.replace("_", " ")})
    for name in params.get("forbids", ()):
        answer = at.truth(name)
        if answer is not False:
            known = Finding(Kind.BLOCK, rule, _FORBIDS, {"name": name.replace("_", " ")})
            yield known if answer else unknown(_NEEDS_UNKNOWN, name=name.replace("_", " "))


def _afa(rule: Rule, unknown: Callable[..., Finding], at: Look) -> Iterable[Finding]:
    """Above the threshold of its purpose the payer has to confirm: the debit may go with that, and not without."""
    amount = at.case.action.amount
    if amount is None:
        return (unknown(_NO_AMOUNT),)
    limit = _limit(rule, at)
    if amount <= limit:
        return ()
    told = next((at.truth(name, absent=None) for name in also_called(AFA) if at.case.told(name) is not ABSENT), None)
    if told is True:
        return ()
    kind = Kind.BLOCK if told is False else Kind.ALLOW_WITH
    return (Finding(kind, rule, _AFA, {"limit": str(limit)}, None, (AFA,)),)


def _limit(rule: Rule, at: Look) -> Decimal:
    limits = rule.params.get("afa_above_by_purpose", {})
    for name in _PURPOSES:
        purpose = at.value(name)
        if isinstance(purpose, str) and purpose in limits:
            return Decimal(limits[purpose])
    return Decimal(rule.params["afa_above"])


def _idle(rule: Rule, at: Look) -> Iterable[Finding]:
    """A permission: where the months do not divide evenly it ends earlier."""
    action = at.case.action
    used = [one.at for one in at.case.ledger if one.is_debit and one.mandate in ("", action.mandate)]
    told = at.since("mandate.last_used") or at.since("mandate_last_used") or at.since("mandate_given")
    last = max([*used, *([told] if told else [])], default=None)
    if last is None:
        return ()
    wait = rule.params["expires_when_idle"]
    months = wait["n"] * (12 if wait["unit"] == "years" else 1)
    if max(at.days) < add_months(last.astimezone(at.case.home).date(), months, later=False):
        return ()
    return (Finding(Kind.BLOCK, rule, _IDLE, {"months": months}),)
