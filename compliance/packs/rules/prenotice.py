"""prenotice: a debit is announced long enough before it, with what the payer has to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.expressions import Answer, compile_expression, number
from compliance.packs.look import Look
from compliance.packs.names import also_called
from compliance.packs.rules.doubt import doubt
from compliance.packs.rules.notice import after
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

DIFFERS = "amount_differs_from_previous_or_authorised"
NOTICES = (
    "prenotice_sent",
    "prenotice",
    "pre_debit_notice",
    "pre_debit_notice_sent",
    "pre_notification",
    "prenotification",
)
_NOT_SENT = gettext_noop("The payer must be told of this debit first.")
_TOO_SOON = gettext_noop("The payer was told of this debit too short a time ago.")
_TOO_LONG_AGO = gettext_noop("The payer was told of this debit too long ago; tell them again.")
_OTHER_AMOUNT = gettext_noop("The payer was told of another amount.")
_LACKS = gettext_noop("The notice of this debit does not state: %(fields)s.")
_FORM = gettext_noop("The notice of this debit must be: %(form)s.")
_UNKNOWN = gettext_noop("It is not known whether this debit must be announced.")
_PREVIOUS = (
    "prev_amount",
    "previous_amount",
    "authorised_amount",
    "authorized_amount",
    "mandate_amount",
)


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    params, unknown = rule.params, doubt(rule, pack)
    when = _WHEN.get(params["when"]) or _by_fact(params["when"])
    unless = params.get("unless", ())

    def look(at: Look) -> Iterable[Finding]:
        if unless and (at.any_true(unless) is True or _in_range(at)):
            return ()
        needed = when(at)
        if needed is False:
            return ()
        if needed is None:
            return (unknown(_UNKNOWN),)
        sent, other_amount = _sent(at)
        if not sent:
            return (Finding(Kind.BLOCK, rule, _OTHER_AMOUNT if other_amount else _NOT_SENT),)
        if wrong := _wrong(rule, at):
            return (wrong,)
        return _in_time(rule, pack, sent, at)

    return look


def _in_time(rule: Rule, pack: Pack, sent: list[datetime], at: Look) -> Iterable[Finding]:
    """One notice that is neither too fresh nor too old is enough."""
    longest = rule.params.get("not_before")
    usable = [one for one in sent if longest is None or at.at < _stale(one, longest, at)]
    if not usable:
        return (Finding(Kind.BLOCK, rule, _TOO_LONG_AGO),)
    until = min(after(one, rule.params["lead"], pack, at) for one in usable)
    return (Finding(Kind.DEFER, rule, _TOO_SOON, until=until),) if until > at.at else ()


def _stale(sent: datetime, longest: Mapping[str, Any], at: Look) -> datetime:
    if longest["unit"] in ("hours", "minutes"):
        return sent + timedelta(**{longest["unit"]: longest["n"]})
    day = sent.astimezone(at.case.home).date() + timedelta(days=longest["n"] + 1)
    return at.midnight(day, at.case.home)


def _by_fact(name: str) -> Callable[[Look], Answer]:
    condition = compile_expression(name)
    return lambda at: condition(at, False)


def _differs(at: Look) -> Answer:
    amount = at.case.action.amount
    if amount is None:
        return None
    told = [exact for name in _PREVIOUS if (exact := number(at.value(name))) is not None]
    if not told:
        told = [one.amount for one in at.case.ledger if one.is_debit and one.worked and one.amount is not None][-1:]
    return any(one != amount for one in told) if told else None


_WHEN: dict[str, Callable[[Look], Answer]] = {"always": lambda at: True, DIFFERS: _differs}


def _in_range(at: Look) -> bool:
    """The consumer chose limits within which no notice is wanted."""
    limits, amount = at.value("agreed_range"), at.case.action.amount
    if not isinstance(limits, list | tuple) or len(limits) != 2 or amount is None:
        return False
    low, high = number(limits[0]), number(limits[1])
    return low is not None and high is not None and low <= amount <= high


def _sent(at: Look) -> tuple[list[datetime], bool]:
    """Notices of this debit: of its amount, on its mandate, since the last debit that went through."""
    action, facts = at.case.action, at.case.facts
    found = [moment for name in NOTICES if name in facts and (moment := at.since(name))]
    stated = number(at.value("prenotice_amount"))
    if found and stated is not None and action.amount is not None and stated != action.amount:
        return [], True
    past = [
        one.at
        for one in at.case.ledger
        if one.is_debit and one.worked and (not one.mandate or one.mandate == action.mandate)
    ]
    other = False
    for entry in at.case.tagged(word for name in NOTICES for word in also_called(name)):
        if entry.inbound or (past and entry.at <= past[-1]):
            continue
        if entry.mandate and action.mandate and entry.mandate != action.mandate:
            continue
        if entry.debts and action.debts and not entry.debts & set(action.debts):
            continue
        if entry.amount is not None and action.amount is not None and entry.amount != action.amount:
            other = True
            continue
        found.append(entry.at)
    return found, other


def _wrong(rule: Rule, at: Look) -> Finding | None:
    stated = at.value("prenotice_fields")
    if isinstance(stated, list | tuple):
        missing = [one for one in rule.params.get("fields", ()) if one not in stated]
        if missing:
            return Finding(Kind.BLOCK, rule, _LACKS, {"fields": ", ".join(missing)})
    form = at.value("prenotice_form")
    if isinstance(form, str) and form != rule.params.get("form", form):
        return Finding(Kind.BLOCK, rule, _FORM, {"form": rule.params["form"]})
    return None
