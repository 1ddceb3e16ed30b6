"""How a call may end, one key each, and what follows: one table for the page, the caps and the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reached`: the person themselves was spoken to; else it counts as an attempt. `again`: it may be tried once more.
    `hold`: the hold it places; `asks`: the field the agent fills in with it (day or none); `said`: what else the
    packs want to know of it."""

    key: str
    words: Promise
    reached: bool = False
    again: bool = False
    hold: str = ""
    asks: str = ""
    tone: str = "secondary"
    said: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """What the ledger of contacts keeps of it, in the packs' words."""
        if self.reached:
            return ("answered", "conversation")
        return (self.said,) if self.said else ()


OUTCOMES: Mapping[str, Outcome] = {
    "no_answer": Outcome("1", _("No answer"), again=True),
    "busy": Outcome("2", _("Busy"), again=True),
    "voicemail": Outcome("3", _("Voicemail: left the short message"), again=True, said="message_left"),
    "wrong_number": Outcome("4", _("Wrong number"), said="wrong_number"),
    "third_party": Outcome("5", _("Somebody else: told nothing"), again=True, said="third_party_answered"),
    "promise": Outcome("6", _("Promised to pay"), reached=True, asks="day"),
    "paid": Outcome("7", _("Says it is paid"), reached=True),
    "hardship": Outcome("8", _("Cannot pay: hardship"), reached=True, hold="hardship"),
    "dispute": Outcome("9", _("Says something is wrong"), reached=True, hold="dispute"),
    "spoke": Outcome("0", _("Spoke, nothing agreed"), reached=True),
    "later": Outcome("l", _("Asked for another time"), reached=True, asks="day"),
    "stop": Outcome("s", _("Asked us to stop"), reached=True),
    "represented": Outcome("r", _("Has a representative"), reached=True, hold="represented"),
    "deceased": Outcome("d", _("Has died"), hold="deceased"),
}
