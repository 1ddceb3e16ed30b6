"""States of an account as people say them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATUS_WORDS: dict[str, Promise] = {
    "open": _("Open"),
    "paid": _("Paid"),
    "settled": _("Settled"),
    "written_off": _("Written off"),
    "recalled": _("Recalled by the creditor"),
    "closed": _("Closed"),
}


def status_words(status: str) -> str:
    return str(STATUS_WORDS.get(status, status))
