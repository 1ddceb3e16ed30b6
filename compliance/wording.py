"""The gate's reasons in the reader's language: a worker found and stored them in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import override

from accounts.words import STATUS_WORDS
from common.rewording import Rewording
from compliance.words import HOLD_WORDS

# Everything the gate may say; a test compares it with the gate's own code.
STORED = (
    "Nothing is owed on this account.",
    "The account is %(status)s.",
    "A %(kind)s hold stops contact.",
    "The provider does not carry such messages in this country.",
    "There is no working address for this channel.",
    "The person asked us not to contact them at all.",
    "The person does not want to be contacted on this channel.",
    "This channel needs consent and there is none (%(policy)s).",
    "No contact policy covers this person, so nothing is sent by machine.",
    "The person's time zone is not known, so no hour is certain to be decent.",
    "The account is to be left in peace until then.",
    "Outside the hours of %(policy)s in %(zone)s.",
    "Contacted as often as %(policy)s allows.",
    "No moment in the next 14 days suits every rule.",
)


def _among(words: Mapping[str, Promise]) -> Callable[[str], str]:
    def tell(english: str) -> str:
        with override("en"):
            found = next((word for word in words.values() if str(word).lower() == english.lower()), None)
        return str(found).lower() if found else english

    return tell


GATE_REASONS = Rewording(STORED, {"status": _among(STATUS_WORDS), "kind": _among(HOLD_WORDS)})
