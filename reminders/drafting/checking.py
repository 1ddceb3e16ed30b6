"""Why a draft is withheld: a figure that is not this account's, an unknown place, a link, a threat, too many words."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from accounts.models import Account
from common.errors import InvalidInput
from common.money import exponent
from reminders.conversations.replying import amounts_known, check_reply
from reminders.rendering.syntax import PLACE

_FIGURE = re.compile(r"\d[\d.,' \u00a0]*")
_IN_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundred|thousand|million|half|third|quarter|percent)\b"
    r"|[零〇一二两兩三四五六七八九十百千万萬亿億半]+(?=元|块|塊|%|成|折|期|个月|個月|天|日)|百分之",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|net|org|cn|io|example)\b", re.IGNORECASE)
# A promise in our name that only a person may give.
_DECIDES = re.compile(
    r"\b(?:we|i) (?:have |hereby )?(?:waived?|forgive|forgave|cancelled? your debt|agreed?|approved?|guarantee)\b"
    r"|免除|豁免|已批准|保证|承诺|一笔勾销",
    re.IGNORECASE,
)


def why_withheld(text: str, account: Account) -> str:
    """Empty when an agent may see it. What is shown is a draft all the same: `check_reply` asks again when sent."""
    if not text.strip():
        return _("It came back empty.")
    if figure := unknown_figure(PLACE.sub(" ", text), account):
        return _("It names %(figure)s, which is not a figure of this account.") % {"figure": figure}
    if _LINK.search(text):
        return _("It names an address of a page that is not ours to know.")
    if _DECIDES.search(text):
        return _("It decides or promises something in our name.")
    if _hidden(text):
        return _("It holds invisible characters.")
    try:
        check_reply(text, account)
    except InvalidInput as error:
        return error.message
    return ""


def unknown_figure(text: str, account: Account) -> str:
    """The first figure that is none of the account's amounts, nor part of its due date; in digits or in words."""
    said = unicodedata.normalize("NFKC", text)
    known = amounts_known(account)
    for match in _FIGURE.finditer(said):
        written = match.group().strip(" .,'\u00a0")
        if not _is_of_date(written, account) and _minor(written, account.currency) not in known:
            return written[:40]
    words = _IN_WORDS.search(said)
    return words.group() if words else ""


def _minor(written: str, currency: str) -> int | None:
    digits = exponent(currency)
    plain = "".join(char for char in written if char not in "', \u00a0")
    whole, _point, cents = plain.partition(".")
    if not whole.isdecimal() or (cents and not cents.isdecimal()) or len(cents) > digits or len(whole) > 15:
        return None
    return int(whole) * 10**digits + int((cents + "0" * digits)[:digits] or 0)


def _is_of_date(written: str, account: Account) -> bool:
    due = account.due_date
    return written in {str(due.year), str(due.month), str(due.day), f"{due.month:02}", f"{due.day:02}"}


def _hidden(text: str) -> bool:
    return any(unicodedata.category(char) in ("Cf", "Co", "Cs") or (char < " " and char not in "\n\t") for char in text)
