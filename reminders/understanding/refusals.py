"""How people say "stop" when they do not use the keyword. It may only widen what counts as a refusal."""

from __future__ import annotations

from compliance.gate import EVERY_CHANNEL
from reminders.understanding.normal import plain
from reminders.understanding.rules import REFUSE_CHANNEL, REFUSE_EVERYTHING, phrases


def refusal_in(text: str) -> str | None:
    """What the person refuses: "*" everything, "" the channel they wrote on, None: nothing that we recognise."""
    return refusal_in_plain(plain(text))


def refusal_in_plain(said: str) -> str | None:
    if phrases()[REFUSE_EVERYTHING].search(said):
        return EVERY_CHANNEL
    return "" if phrases()[REFUSE_CHANNEL].search(said) else None
