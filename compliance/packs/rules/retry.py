"""retry: whether a debit that failed may be presented again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.actions import Action, Entry
from compliance.packs.expressions import number
from compliance.packs.look import Look
from compliance.packs.names import also_called
from compliance.packs.rules.doubt import doubt
from compliance.packs.rules.notice import after
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

_NEVER = gettext_noop("The answer %(code)s means: never again.")
_NOT_THIS = gettext_noop("Only after other answers may it be tried again, not after %(code)s.")
_NO_CODE = gettext_noop("It failed without a code, so nobody knows whether it may be tried again.")
_ENOUGH = gettext_noop("It was tried as often as permitted (%(max)s).")
_TOO_LATE = gettext_noop("It is too late to try it again (%(n)s %(unit)s).")
_NEW_AUTHORISATION = gettext_noop("It needs a new authorisation first.")
_SAME_AMOUNT = gettext_noop("It may be tried again only with the same amount.")
_PART = gettext_noop("A part of the amount may not be taken.")
_WAIT = gettext_noop("It may be tried again, but not yet.")
_UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Tries:
    """`refused`: every failure that still counts. `chain`: those since a debit last went through; `tried`: those and
    the ones whose end nobody knows yet."""

    refused: list[Entry]
    chain: list[Entry]
    tried: list[Entry]


Check = Callable[[Look, Tries], Iterable[Finding]]


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    params, unknown = rule.params, doubt(rule, pack)
    checks: list[Check] = [partial(make, rule, pack) for name, make in _CHECKS.items() if name in params]
    if "retry_codes" in params:
        checks.append(partial(_allowed_codes, rule, unknown))
    description = params.get("entry_description")

    def look(at: Look) -> Iterable[Finding]:
        tries = _tries(rule, at)
        found = [one for check in checks for one in check(at, tries)]
        if not found and tries.chain and description:
            return (Finding(Kind.ALLOW, rule, _WAIT, {}, None, (f"entry_description: {description}",)),)
        return found

    return look


def _tries(rule: Rule, at: Look) -> Tries:
    debits = [one for one in at.case.ledger if one.is_debit and _same(rule, one, at.case.action)]
    reset = _reset(rule.params.get("reset_on", ()), at)
    if reset is not None:
        debits = [one for one in debits if one.at > reset]
    tried: list[Entry] = []
    for one in debits:
        if one.worked:
            tried.clear()
        else:
            tried.append(one)
    return Tries([one for one in debits if one.failed], [one for one in tried if one.failed], tried)


def _same(rule: Rule, entry: Entry, action: Action) -> bool:
    """Whether an earlier debit was one of the same; what is not written down is taken to be."""
    debts = not (entry.debts and action.debts) or bool(entry.debts & set(action.debts))
    if rule.params.get("across") == "all_rails":
        return debts
    if entry.rail and action.rails and entry.rail not in action.rails:
        return False
    if "agreement" in rule.params.get("per", ()) or "debt" in rule.params.get("per", ()):
        if entry.agreement and action.agreement:
            return entry.agreement == action.agreement
        if entry.debts and action.debts:
            return debts
    return debts and not (entry.mandate and action.mandate and entry.mandate != action.mandate)


def _reset(names: Iterable[str], at: Look) -> datetime | None:
    found = [moment for name in names if (moment := at.since(name))]
    for entry in at.case.tagged(word for name in names for word in also_called(name)):
        action = at.case.action
        mandate = not (entry.mandate and action.mandate) or entry.mandate == action.mandate
        if mandate and (not (entry.debts and action.debts) or entry.debts & set(action.debts)):
            found.append(entry.at)
    return max(found) if found else None


def _never(rule: Rule, pack: Pack, at: Look, tries: Tries, *, param: str = "never_codes") -> Iterator[Finding]:
    for one in tries.chain:
        code = one.mac if param == "never_mac" else one.code
        if code and code in rule.params[param]:
            yield Finding(Kind.BLOCK, rule, _NEVER, {"code": code})
            return


def _allowed_codes(rule: Rule, unknown: Callable[..., Finding], at: Look, tries: Tries) -> Iterator[Finding]:
    if not tries.chain:
        return
    code = tries.chain[-1].code
    if not code:
        yield unknown(_NO_CODE)
        return
    names = ("retry_codes", "needs_new_authorisation", "never_codes")
    if code and not any(code in rule.params.get(name, ()) for name in names):
        yield Finding(Kind.BLOCK, rule, _NOT_THIS, {"code": code})


def _new_authorisation(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    asked = [one for one in tries.chain if one.code in rule.params["needs_new_authorisation"]]
    if asked and not _happened_after("new_authorisation", asked[-1].at, at):
        yield Finding(Kind.BLOCK, rule, _NEW_AUTHORISATION)


def _happened_after(name: str, moment: datetime, at: Look) -> bool:
    if at.truth(name) is True:
        told = at.since(name)
        if told is None or told >= moment:
            return True
    return any(one.at >= moment for one in at.case.tagged(also_called(name)))


def _refusals(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    """Refusals of an agreement add up, also when a debit in between went through."""
    if len(tries.refused) >= rule.params["max_refusals"]:
        yield Finding(Kind.BLOCK, rule, _ENOUGH, {"max": rule.params["max_refusals"]})


def _consecutive(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    most = rule.params["max_consecutive_failures"]
    ended = rule.params.get("until", "new_authorisation")
    # A new authorisation between the failures begins a new count.
    if len([one for one in tries.chain if not _happened_after(ended, one.at, at)]) >= most:
        yield Finding(Kind.BLOCK, rule, _NEW_AUTHORISATION)


def _retries(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    """The first failure is the original; everything after it was a retry, and so is this."""
    within, most = rule.params.get("within"), rule.params["max_retries"]
    if not tries.chain:
        return
    done = len(tries.chain) - 1
    if within and str(within.get("of", "")).startswith("first"):
        done = _done_in_period(tries.chain, within, at)
    elif within and "of" in within and _too_late(within, tries.chain, at):
        yield Finding(Kind.BLOCK, rule, _TOO_LATE, {"n": within["n"], "unit": within["unit"].replace("_", " ")})
        return
    if done >= most:
        yield Finding(Kind.BLOCK, rule, _ENOUGH, {"max": most})


def _done_in_period(chain: list[Entry], within: Mapping[str, Any], at: Look) -> int:
    """Periods that begin with a decline; one that is over no longer counts."""
    length = _UNITS[within["unit"]] * within["n"]
    start, done = chain[0].at, -1
    for one in chain:
        if one.at - start >= length:
            start, done = one.at, 0
        done += 1
    return 0 if at.at - start >= length else done


def _too_late(within: Mapping[str, Any], chain: list[Entry], at: Look) -> bool:
    began = at.since(within["of"]) or chain[0].at
    if within["unit"] != "days":
        return at.at > began + _UNITS[within["unit"]] * within["n"]
    last = began.astimezone(at.case.home).date() + timedelta(days=within["n"])
    return max(at.days) > last


def _most(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    """`max` attempts, the first among them, in a period that moves along."""
    most, within = rule.params["max"], rule.params.get("within")
    if not tries.chain or len(tries.tried) < most:
        return
    if within is None or most == 0:
        yield Finding(Kind.BLOCK, rule, _ENOUGH, {"max": most})
        return
    until = tries.tried[-most].at + _UNITS[within["unit"]] * within["n"]
    if until > at.at:
        yield Finding(Kind.DEFER, rule, _ENOUGH, {"max": most}, until)


def _caps(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    for cap in rule.params["caps"]:
        if len(tries.refused) < cap["max"] or cap["max"] == 0:
            continue
        until = tries.refused[-cap["max"]].at + timedelta(hours=cap["hours"])
        if until > at.at:
            yield Finding(Kind.DEFER, rule, _ENOUGH, {"max": cap["max"]}, until)


def _waits(rule: Rule, pack: Pack, at: Look, tries: Tries, *, param: str) -> Iterator[Finding]:
    hours = rule.params[param]
    codes = [(one.mac if param == "wait_mac" else one.code, one.at) for one in tries.chain]
    until = max((moment + timedelta(hours=hours[code]) for code, moment in codes if code in hours), default=at.at)
    if until > at.at:
        yield Finding(Kind.DEFER, rule, _WAIT, until=until)


def _gap(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    if tries.chain:
        until = after(tries.tried[-1].at, rule.params["min_gap"], pack, at)
        if until > at.at:
            yield Finding(Kind.DEFER, rule, _WAIT, until=until)


def _amount(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    wanted, first = at.case.action.amount, next((one.amount for one in tries.chain if one.amount is not None), None)
    if rule.params["same_amount"] and wanted is not None and first is not None and wanted != first:
        yield Finding(Kind.BLOCK, rule, _SAME_AMOUNT)


def _coded(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    if rule.params["needs_code"] and tries.chain and not (tries.chain[-1].code or tries.chain[-1].mac):
        yield Finding(Kind.BLOCK, rule, _NO_CODE)


def _part(rule: Rule, pack: Pack, at: Look, tries: Tries) -> Iterator[Finding]:
    if rule.params["part_payment"]:
        return
    wanted = at.case.action.amount
    whole = [one.amount for one in tries.chain if one.amount is not None]
    whole += [due for name in ("amount_due", "full_amount") if (due := number(at.value(name))) is not None]
    if at.case.action.part or (wanted is not None and any(wanted < one for one in whole)):
        yield Finding(Kind.BLOCK, rule, _PART)


_CHECKS: Mapping[str, Callable[..., Iterable[Finding]]] = {
    "never_codes": _never,
    "never_mac": partial(_never, param="never_mac"),
    "needs_new_authorisation": _new_authorisation,
    "max_refusals": _refusals,
    "max_consecutive_failures": _consecutive,
    "max_retries": _retries,
    "max": _most,
    "caps": _caps,
    "wait_mac": partial(_waits, param="wait_mac"),
    "wait_codes": partial(_waits, param="wait_codes"),
    "min_gap": _gap,
    "needs_code": _coded,
    "same_amount": _amount,
    "part_payment": _part,
}
