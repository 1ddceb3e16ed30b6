"""The gate's reasons in the reader's language: a worker found and stored them in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules

from django.utils.functional import Promise
from django.utils.translation import override

from accounts.words import STATUS_WORDS
from common.rewording import Rewording
from compliance.packs import engine, rules
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
    "No policy pack of this country is signed off and in force, so nothing is sent by machine.",
    "This may only go together with: %(words)s.",
)


def _said_by_packs() -> tuple[str, ...]:
    """The message ids of every type of rule: the sentences that are constants of its module."""
    modules = [import_module(one.name) for one in iter_modules(rules.__path__, rules.__name__ + ".")]
    found = [
        value
        for module in (*modules, engine)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and value.endswith(".")
    ]
    return tuple(dict.fromkeys(found))


PACKS_SAY = _said_by_packs()


def _among(words: Mapping[str, Promise]) -> Callable[[str], str]:
    def tell(english: str) -> str:
        with override("en"):
            found = next((word for word in words.values() if str(word).lower() == english.lower()), None)
        return str(found).lower() if found else english

    return tell


GATE_REASONS = Rewording((*STORED, *PACKS_SAY), {"status": _among(STATUS_WORDS), "kind": _among(HOLD_WORDS)})
