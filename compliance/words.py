"""Holds as the gate's reasons name them, inside a sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOLD_WORDS: dict[str, Promise] = {
    "dispute": _("dispute"),
    "hardship": _("hardship"),
    "breathing_space": _("breathing space"),
    "bankruptcy": _("bankruptcy"),
    "deceased": _("deceased"),
    "cease": _("no contact"),
    "represented": _("representation"),
    "vulnerable": _("vulnerability"),
    "complaint": _("complaint"),
}


def hold_words(kind: str) -> str:
    return str(HOLD_WORDS.get(kind, kind.replace("_", " ")))
