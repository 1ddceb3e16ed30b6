"""What the packs' rules about wording have against words that people speak, found before anybody speaks them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from compliance.wordings import Refused, words_refused_anywhere
from reminders.rendering.said import tokens_in
from reminders.rendering.validation import Problem
from reminders.rendering.variables import VARIABLES
from reminders.rendering.voicemail import KEYS, voicemail_tokens

PURPOSE = "overdue_friendly"
# Stands for a name that does not say what its bearer does; the real one is judged when a call is opened.
DISCREET = "Fairway"


def law_against(key: str, text: str) -> list[Problem]:
    """`text`: filled with the examples. What is forbidden anywhere must be mended; what is only wanted somewhere is
    told, for the other parts of a call, or the other voicemail, may say it."""
    examples = {name: str(VARIABLES[name].example) for name in ("company", "caller", "phone", "creditor")}
    if key in KEYS:
        spoken = text.replace(examples["company"], DISCREET)
        tokens = voicemail_tokens(spoken, **{**examples, "company": DISCREET})
        found = words_refused_anywhere(channel="voicemail", purpose=PURPOSE, tokens=tokens, text=spoken)
    else:
        tokens = tokens_in(text, creditor=examples["creditor"])
        found = words_refused_anywhere(channel="voice", purpose=PURPOSE, tokens=tokens, text=text)
        found = [one for one in found if not one.lacks]
    return [_problem(one) for one in found]


def _problem(refused: Refused) -> Problem:
    words = _("%(pack)s: %(words)s") % {"pack": refused.pack, "words": refused.words}
    return Problem("against_the_law", words, blocking=not refused.lacks)
