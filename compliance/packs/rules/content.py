"""content: what the wording must have and must not have. It looks at the rendered message's tokens.

Before a message is rendered there is nothing to judge; the rule then only says what will be required.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from django.utils.translation import gettext_noop

from compliance.packs.look import Look
from compliance.packs.names import also_called
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind
from compliance.packs.vocabulary import CHANNEL_FAMILIES

_LACKS = gettext_noop("The message lacks: %(words)s.")
_FORBIDDEN = gettext_noop("The message must not contain: %(words)s.")
_DEMANDS = gettext_noop("Opting out must not require: %(words)s.")
_MORE = gettext_noop("A limited-content voicemail may not say: %(words)s.")
_LANGUAGE = gettext_noop("The disclosure must be in the language of the message.")
_NOT_DELIVERED = gettext_noop("This address is known not to receive: the notice would not arrive.")
_NOT_KEPT = gettext_noop("The notice must be in a form the person can keep.")
_ELECTRONIC = gettext_noop("An electronic notice needs: %(words)s.")
_ELECTRONIC_CHANNELS = frozenset({"email", "sms", "push", "web_push", "in_app", "inbox", "whatsapp"})
Judge = Callable[[Look], Iterable[Finding]]


def build(rule: Rule, pack: Pack) -> Judge:
    params = rule.params
    checks: list[Judge] = []
    if set(params) & {"must_include", "must_not_include", "must_not_require", "limited_content_only"}:
        checks.append(partial(_wording, rule))
    if "first" in params or "later" in params:
        checks.append(partial(_disclosure, rule, _limited_channels(pack)))
    if set(params) & {"deliverable", "keepable", "electronic_requires"}:
        checks.append(partial(_form, rule))
    wanted = params.get("must_include", ())
    announced = (Finding(Kind.ALLOW, rule, _LACKS, {"words": ""}, None, wanted),) if wanted else ()

    def look(at: Look) -> Iterable[Finding]:
        found = [one for check in checks for one in check(at)]
        return found or (announced if at.case.action.tokens is None else ())

    return look


def only_lacks(found: Finding) -> bool:
    """Something is missing, and nothing is forbidden."""
    return found.words == _LACKS


def _limited_channels(pack: Pack) -> frozenset[str]:
    """Where a rule of this pack keeps messages to limited content they are no communications, and disclose nothing."""
    channels: set[str] = set()
    for rule in pack.rules:
        if rule.type == "content" and rule.params.get("limited_content_only") and rule.scope.channels:
            channels = channels.union(*(CHANNEL_FAMILIES.get(one, {one}) for one in rule.scope.channels))
    return frozenset(channels)


def _wording(rule: Rule, at: Look) -> Iterable[Finding]:
    params, tokens = rule.params, at.case.action.tokens
    demanded = [word for word in params.get("must_not_require", ()) if at.truth(f"requires_{word}")]
    if tokens is not None:
        demanded += [word for word in params.get("must_not_require", ()) if f"requires_{word}" in tokens]
    if demanded:
        yield _finding(rule, _DEMANDS, demanded)
    if tokens is None:
        return
    missing = [word for word in params.get("must_include", ()) if word not in tokens]
    if missing:
        yield _finding(rule, _LACKS, missing)
    forbidden = [word for word in params.get("must_not_include", ()) if word in tokens]
    if forbidden:
        yield _finding(rule, _FORBIDDEN, forbidden)
    if params.get("limited_content_only"):
        more = sorted(tokens - {*params.get("must_include", ()), *params.get("may_include", ())})
        if more:
            yield _finding(rule, _MORE, more)


def _finding(rule: Rule, words: str, names: Iterable[str]) -> Finding:
    return Finding(Kind.BLOCK, rule, words, {"words": ", ".join(dict.fromkeys(names))})


def _disclosure(rule: Rule, limited: frozenset[str], at: Look) -> Iterable[Finding]:
    tokens = at.case.action.tokens
    if tokens is None or at.case.action.channel in limited or at.case.action.who != "consumer":
        return ()
    wanted = rule.params.get("first" if _is_first(at) else "later", ())
    # The first disclosure says all that the later one says.
    enough = not wanted or set(wanted) <= tokens or set(rule.params.get("first", ("",))) <= tokens
    if not enough:
        return (_finding(rule, _LACKS, wanted),)
    if rule.params.get("same_language") and at.truth("same_language", absent=True) is False:
        return (Finding(Kind.BLOCK, rule, _LANGUAGE),)
    return ()


def _is_first(at: Look) -> bool:
    told = at.truth("first_communication", absent=None)
    if told is None:
        told = at.truth("initial_communication", absent=None)
    if isinstance(told, bool) and at.since("initial_communication") is None:
        return told
    return not any(one.is_attempt and one.who == "consumer" for one in at.case.ledger)


def _form(rule: Rule, at: Look) -> Iterable[Finding]:
    params, electronic = rule.params, at.case.action.channel in _ELECTRONIC_CHANNELS
    if "deliverable" in params and at.truth("address_bounced") is True:
        yield Finding(Kind.BLOCK, rule, _NOT_DELIVERED)
    if params.get("keepable") and at.truth("keepable", absent=True) is False:
        yield Finding(Kind.BLOCK, rule, _NOT_KEPT)
    needs = params.get("electronic_requires")
    if needs and electronic and at.any_true(also_called(needs)) is not True:
        if at.truth("inside_initial_communication") or (at.case.action.notice and _is_first(at)):
            return
        yield _finding(rule, _ELECTRONIC, (needs,))
