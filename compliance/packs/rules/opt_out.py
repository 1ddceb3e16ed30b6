"""opt_out: whoever says stop is left alone at once, as far as their word reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.actions import RECORDS, Entry
from compliance.packs.look import Look
from compliance.packs.permits import INITIATED, permitted, same_medium
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

OPT_OUT = frozenset(
    {"opt_out", "optout", "opted_out", "stop", "unsubscribe", "unsubscribed", "revoked", "revocation_of_consent",
     "do_not_contact", "do_not_call"}
)  # fmt: skip
OPT_IN = frozenset({"opt_in", "optin", "opted_in", "start", "resubscribed", "renewed_consent", "consent_renewed"})
CONFIRMATION = "opt_out_confirmation"
ROBOT = "autodialled_or_artificial_voice"
_ROBOT_MEDIA = frozenset({"voice", "voicemail", "voicemail_drop", "sms", "mms"})
# Carriers act on these whatever a pack lists.
_ALWAYS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
_FREE_TEXT = re.compile(
    r"\b(?:stop|quit|cease|don'?t|do not|never|no more)\b.{0,30}\b(?:text|call|contact|e-?mail|messag|writ|send|bother)"
    r"|\bleave me alone\b|\bopt(?:ing)?[ -]?out\b|\bunsubscribe\b|\bremove me\b|\brevoke\b",
    re.IGNORECASE,
)
_SAID_STOP = gettext_noop("The person asked not to be contacted this way.")
_SAID_STOP_TO_ALL = gettext_noop("The person's refusal reaches every automated call and text.")
_CONFIRMED = gettext_noop("A refusal is confirmed at most %(max)s time(s).")
_TOO_LATE = gettext_noop("A refusal is confirmed within %(minutes)s minutes or not at all.")
_MARKETING = gettext_noop("The confirmation of a refusal may not advertise anything.")


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    reach = [_REACH[name] for name in rule.params["applies_to"]]
    replies = rule.params.get("reply_if_consumer_recontacts_on_medium", 0)
    confirmation = {"max": 1, "within_min": 5, "marketing": False} | rule.params.get("confirmation", {})
    permits = rule.params.get("permits", ())
    is_word = _listener(rule.params)
    words = _SAID_STOP if "same_medium" in rule.params["applies_to"] else _SAID_STOP_TO_ALL

    def look(at: Look) -> Iterable[Finding]:
        if not at.case.ledger and _FACTS.isdisjoint(at.case.names):
            return ()
        said = [one for one in _refusals(at, is_word) if any(reaches(one, at) for reaches in reach)]
        if not said or _agreed_again(said[-1], at):
            return ()
        if at.case.action.purpose == CONFIRMATION:
            return _confirming(rule, said[-1], confirmation, at)
        if replies and _recontacted(said[-1], at, replies, is_word):
            return ()
        if permits and permitted(permits, at, since=said[-1].at):
            return ()
        return (Finding(Kind.BLOCK, rule, words),)

    return look


def _listener(params: Mapping[str, Any]) -> Callable[[str], bool]:
    """Does a message say stop? Words alone, or wording a reasonable person understands: it may only widen."""
    words = {_squeezed(word) for word in params.get("keywords", ())} | _ALWAYS
    free = params.get("free_text") == "reasonable_person"
    return lambda text: _squeezed(text) in words or (free and _FREE_TEXT.search(text) is not None)


def _squeezed(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_FACTS = frozenset({"opt_out", "opted_out", "opt_outs"})


def _refusals(at: Look, is_word: Callable[[str], bool]) -> list[Entry]:
    """Oldest first. A refusal without a channel reaches every one."""
    told = [one for one in at.case.ledger if _refuses(one, is_word)]
    return [*_from_facts(at), *told]


def _refuses(entry: Entry, is_word: Callable[[str], bool]) -> bool:
    if CONFIRMATION in entry.tags:
        return False
    if entry.tags & OPT_OUT:
        return True
    return entry.inbound and bool(entry.text) and is_word(entry.text)


def _from_facts(at: Look) -> Iterator[Entry]:
    for name in sorted(_FACTS & at.case.facts.keys()):
        told = at.case.facts[name]
        listed: Mapping[str, Any]
        if isinstance(told, list | tuple):
            listed = dict.fromkeys((str(one) for one in told), True)
        elif isinstance(told, Mapping) and "at" not in told:
            listed = told
        elif isinstance(told, str) and at.case.moment_of(told) is None and told.lower() not in ("true", "unknown"):
            listed = {told: True} if at.truth(name) else {}
        else:
            listed = {"note": told}
        for channel, value in listed.items():
            moment = at.case.moment_of(value)
            if value and (moment is None or moment <= at.at):
                yield Entry(at=moment or at.at - timedelta(seconds=1), channel=channel, inbound=True)


def _same_medium(said: Entry, at: Look) -> bool:
    return said.channel in RECORDS or same_medium(said.channel, at.case.action.channel)


def _same_address(said: Entry, at: Look) -> bool:
    if said.address and at.case.action.address:
        return said.address == at.case.action.address
    return _same_medium(said, at)


def _robot(at: Look) -> bool:
    """Unknown counts as yes: a call a machine may have dialled is not placed after a refusal."""
    return at.case.action.channel in _ROBOT_MEDIA and at.truth(ROBOT) is not False


def _same_matter(said: Entry, at: Look) -> bool:
    if not _robot(at) or at.truth("unrelated_matter") or at.truth("same_matter", absent=True) is False:
        return False
    about = at.case.action.debts
    return not said.debts or not about or bool(said.debts & set(about))


_REACH: Mapping[str, Callable[[Entry, Look], bool]] = {
    "same_address_or_number": _same_address,
    "same_medium": _same_medium,
    "same_matter_robocalls_and_robotexts": _same_matter,
    "all_robocalls_and_robotexts_of_caller": lambda said, at: _robot(at),
    "all_channels": lambda said, at: True,
}


def _agreed_again(said: Entry, at: Look) -> bool:
    later = [one for one in at.case.tagged(OPT_IN) if one.at > said.at and (one.inbound or one.channel in RECORDS)]
    if any(_same_medium(one, at) for one in later):
        return True
    renewed = [at.since(name) for name in ("renewed_consent", "opt_in")]
    return any(moment is not None and moment > said.at for moment in renewed)


def _confirming(rule: Rule, said: Entry, limits: Mapping[str, Any], at: Look) -> Iterable[Finding]:
    told = at.value("confirmation_sent")
    before = [one for one in at.case.tagged((CONFIRMATION,)) if not one.inbound and one.at >= said.at]
    sent = max(len(before), int(told) if isinstance(told, bool | int) else int(bool(told)))
    if sent >= limits["max"]:
        return (Finding(Kind.BLOCK, rule, _CONFIRMED, {"max": limits["max"]}),)
    if at.at - said.at > timedelta(minutes=limits["within_min"]):
        return (Finding(Kind.BLOCK, rule, _TOO_LATE, {"minutes": limits["within_min"]}),)
    advertises = at.truth("marketing") or "marketing" in (at.case.action.tokens or ())
    if advertises and not limits["marketing"]:
        return (Finding(Kind.BLOCK, rule, _MARKETING),)
    return ()


def _recontacted(said: Entry, at: Look, replies: int, is_word: Callable[[str], bool]) -> bool:
    """They have turned to us on this channel again, and it has not been answered more often than permitted."""
    channel = at.case.action.channel
    asked = [
        one
        for one in at.case.ledger
        if one.inbound and one.at > said.at and same_medium(one.channel, channel) and not _refuses(one, is_word)
    ]
    since = asked[-1].at if asked else said.at
    if not asked and at.truth(INITIATED) is not True:
        return False
    sent = [
        one
        for one in at.case.ledger
        if one.is_attempt and one.at >= since and same_medium(one.channel, channel) and CONFIRMATION not in one.tags
    ]
    return len(sent) < replies
