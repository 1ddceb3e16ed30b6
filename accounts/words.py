"""States of accounts, imports and notices to creditors as people say them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATUS_WORDS: dict[str, Promise] = {
    "open": _("Open"),
    "paid": _("Paid"),
    "settled": _("Settled"),
    "written_off": _("Written off"),
    "agency": _("With an agency"),
    "recalled": _("Recalled by the creditor"),
    "closed": _("Closed"),
}

IMPORT_WORDS: dict[str, Promise] = {
    "uploaded": _("Uploaded"),
    "checking": _("Being checked"),
    "checked": _("Checked"),
    "queued": _("Waiting"),
    "running": _("Importing"),
    "finished": _("Finished"),
    "failed": _("Failed"),
    "cancelled": _("Discarded"),
}
DELIVERY_WORDS: dict[str, Promise] = {
    "due": _("Waiting"),
    "sending": _("Being sent"),
    "delivered": _("Delivered"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}


def status_words(status: str) -> str:
    return str(STATUS_WORDS.get(status, status))


def import_words(state: str) -> str:
    return str(IMPORT_WORDS.get(state, state))


def delivery_words(state: str) -> str:
    return str(DELIVERY_WORDS.get(state, state))
