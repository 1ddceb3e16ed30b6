"""What is permitted although a rule forbids: one notice, one answer, whatever the law itself demands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from compliance.packs.actions import Entry
from compliance.packs.look import ABSENT, Look
from compliance.packs.names import also_called
from compliance.packs.vocabulary import CHANNEL_FAMILIES, CHANNELS

INITIATED = "consumer_initiated_now"
REPLY_PURPOSES = frozenset({"reply", "answer", "debtor_initiated_reply", "consumer_initiated_reply", "one_reply"})
_ONE_REPLY = frozenset({"one_reply_same_channel", "one_reply", "one_reply_same_medium"})
_CHANNEL_FACTS = ("consumer_initiated_channel", "initiated_channel", "inbound_channel")
_REPLIED = ("reply_sent", "one_reply_sent", "reply_used")
_JUST_NOW = timedelta(hours=24)


def permitted(names: Iterable[str], look: Look, *, since: datetime | None) -> bool:
    return any(_one(name, look, since) for name in names)


def _one(name: str, look: Look, since: datetime | None) -> bool:
    if name == "all":
        return True
    if name in _ONE_REPLY:
        return one_reply(look)
    if name.endswith("_reply"):
        return _is_reply(look)
    base = name.removeprefix("one_")
    if not (_is(base, look) or _is(name, look)):
        return False
    return base == name or not _already(base, look, since)


def _is(name: str, look: Look) -> bool:
    action, words = look.case.action, set(also_called(name))
    return bool({action.purpose, action.notice, *action.tags} & words) or look.truth(name) is True


def _already(name: str, look: Look, since: datetime | None) -> bool:
    sent = [one for one in look.case.tagged(also_called(name)) if not one.inbound and (not since or one.at >= since)]
    return bool(sent) or look.truth(f"{name}_sent") is True


def _is_reply(look: Look) -> bool:
    return look.case.action.purpose in REPLY_PURPOSES or look.truth(INITIATED) is True


def one_reply(look: Look) -> bool:
    """The person has just turned to us, on this channel, and nothing has gone out there since."""
    if not _is_reply(look):
        return False
    action, told = look.case.action, look.case.told(INITIATED)
    if isinstance(told, str) and told in CHANNELS and not same_medium(told, action.channel):
        return False
    told_channel = next((one for name in _CHANNEL_FACTS if isinstance(one := look.value(name), str)), None)
    if (told_channel and not same_medium(told_channel, action.channel)) or look.any_true(_REPLIED):
        return False
    recent = [one for one in look.case.ledger if one.inbound and look.at - one.at <= _JUST_NOW]
    if not recent:
        return told is not ABSENT
    last = recent[-1]
    return same_medium(last.channel, action.channel) and not any(
        answers(one, last, action.channel) for one in look.case.ledger
    )


def answers(entry: Entry, question: Entry, channel: str) -> bool:
    return (
        entry.is_attempt and entry.at >= question.at and entry is not question and same_medium(entry.channel, channel)
    )


def same_medium(one: str, other: str) -> bool:
    return one == other or any(one in family and other in family for family in CHANNEL_FAMILIES.values())
