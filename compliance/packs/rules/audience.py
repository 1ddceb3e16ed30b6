"""audience: who may be reached, and at which kind of address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.actions import UNKNOWN
from compliance.packs.expressions import compile_expression
from compliance.packs.look import WORKPLACES, Look
from compliance.packs.names import also_called
from compliance.packs.rules.doubt import doubt
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

LOCATION = "location_enquiry"
_ADDRESSES: Mapping[str, frozenset[str]] = {
    "employer": WORKPLACES,
    "work_email": frozenset({"work_email", "employer_email"}),
}
_DENIED = gettext_noop("This must not be done here: %(condition)s.")
_REDIRECT = gettext_noop("%(condition)s: write to the %(who)s instead.")
_NOT_THEM = gettext_noop("%(who)s is not among those who may be contacted.")
_ONLY_IF = gettext_noop("%(who)s may be contacted only when: %(names)s.")
_KIND = gettext_noop("This kind of address (%(kind)s) must not be used.")
_WHO_UNKNOWN = gettext_noop("It is not known who would be reached.")
_KIND_UNKNOWN = gettext_noop("It is not known what kind of address this is.")
_CONDITION_UNKNOWN = gettext_noop("It is not known whether this applies: %(condition)s.")
_ASKED_BEFORE = gettext_noop("This person was already asked where the debtor is.")
_STATES_DEBT = gettext_noop("A question about where somebody is must not mention the debt.")
_DEBT_WORDS = frozenset({"debt", "states_debt", "amount", "balance", "collection", "debt_statement"})


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    params, unknown = rule.params, doubt(rule, pack)
    only_if = {key.removesuffix("_only_if"): names for key, names in params.items() if key.endswith("_only_if")}
    kinds = frozenset(
        word for kind in params.get("deny_address_kinds", ()) for word in _ADDRESSES.get(kind, frozenset({kind}))
    )
    checks = [
        check
        for check in (
            _denied(rule, unknown) if "deny_if" in params else None,
            _recipients(rule, unknown, only_if) if "allow_recipients" in params else None,
            _address_kinds(rule, unknown, kinds) if kinds else None,
        )
        if check
    ]
    absent = None if rule.on_missing else False
    needs = compile_expression(params["if"]) if "if" in params else None
    unless = params.get("unless", ())

    def look(at: Look) -> Iterable[Finding]:
        applies = needs(at, absent) if needs else True
        if applies is False or (unless and at.any_true(unless) is True):
            return ()
        found = [one for check in checks for one in check(at)]
        if found and applies is None:
            return (unknown(_CONDITION_UNKNOWN, condition=_spoken(params["if"])),)
        return found

    return look


def _denied(rule: Rule, unknown: Callable[..., Finding]) -> Callable[[Look], Iterable[Finding]]:
    text, redirect = rule.params["deny_if"], rule.params.get("redirect_to")
    condition, absent = compile_expression(text), None if rule.on_missing else False

    def check(at: Look) -> Iterable[Finding]:
        if redirect and at.case.action.who == redirect:
            return ()
        answer = condition(at, absent)
        if answer is None:
            return (unknown(_CONDITION_UNKNOWN, condition=_spoken(text)),)
        if not answer:
            return ()
        words = _REDIRECT if redirect else _DENIED
        return (Finding(Kind.BLOCK, rule, words, {"condition": _spoken(text), "who": redirect}),)

    return check


def _recipients(
    rule: Rule, unknown: Callable[..., Finding], only_if: Mapping[str, Any]
) -> Callable[[Look], Iterable[Finding]]:
    allowed = frozenset(rule.params["allow_recipients"])
    allowed |= {"consumer"} if allowed & {"debtor", "borrower"} else set()
    otherwise = Kind.REVIEW if rule.params.get("else") == "review" else Kind.BLOCK
    location = rule.params.get("location_enquiry")

    def check(at: Look) -> Iterable[Finding]:
        who = at.case.action.who
        if who in allowed:
            return ()
        if who in only_if:
            return _conditional(rule, who, only_if[who], at)
        if location is not None and at.case.action.purpose in also_called(LOCATION):
            return _location(rule, location, at)
        if who == UNKNOWN:
            return (unknown(_WHO_UNKNOWN),)
        return (Finding(otherwise, rule, _NOT_THEM, {"who": who}),)

    return check


def _conditional(rule: Rule, who: str, names: Iterable[str], at: Look) -> Iterable[Finding]:
    """Somebody who may be reached only in need, and never again once they refuse."""
    if at.any_true(names) is True and not at.any_true((f"{who}_refused", "contact_refused", "recipient_refused")):
        return ()
    return (Finding(Kind.BLOCK, rule, _ONLY_IF, {"who": who, "names": ", ".join(names)}),)


def _location(rule: Rule, limits: Mapping[str, Any], at: Look) -> Iterable[Finding]:
    action = at.case.action
    asked = [
        one
        for one in at.case.tagged(also_called(LOCATION))
        if not one.inbound and one.who == action.who and (not action.address or one.address in ("", action.address))
    ]
    if len(asked) >= limits.get("max_per_person", 1) or at.truth("location_enquiry_made"):
        return (Finding(Kind.BLOCK, rule, _ASKED_BEFORE),)
    mentions = any(at.truth(name) for name in ("states_debt", "state_debt", "mentions_debt"))
    if not limits.get("may_state_debt", False) and (mentions or (action.tokens or frozenset()) & _DEBT_WORDS):
        return (Finding(Kind.BLOCK, rule, _STATES_DEBT),)
    return ()


def _address_kinds(
    rule: Rule, unknown: Callable[..., Finding], kinds: frozenset[str]
) -> Callable[[Look], Iterable[Finding]]:
    def check(at: Look) -> Iterable[Finding]:
        kind = at.case.action.address_kind
        if kind == UNKNOWN:
            return (unknown(_KIND_UNKNOWN),)
        return (Finding(Kind.BLOCK, rule, _KIND, {"kind": kind}),) if kind in kinds else ()

    return check


def _spoken(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", " ")
