"""What may leave us of a conversation: the words, without what tells who wrote them or what they owe."""

from __future__ import annotations

import re

from accounts.models import Account
from reminders.understanding.normal import shortened

LONGEST = 1_000
_CHINESE = "零〇一二两兩三四五六七八九十百千万萬亿億"
# Longer marks first: an address inside a link is part of the link.
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("[link]", re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("[e-mail]", re.compile(r"[^\s@]+@[^\s@]+")),
    ("[reference]", re.compile(r"\b[A-Z]{1,5}-[0-9A-Z-]{4,}\b", re.IGNORECASE)),
    ("[number]", re.compile(r"[+(]?\d[\d\s().,'/-]*\d|\d")),
    ("[number]", re.compile(f"[{_CHINESE}]{{2,}}|[{_CHINESE}](?=[元块塊])")),
)


def minimised(text: str, account: Account) -> str:
    """Figures go too: the model is given places for them, not the sums."""
    said = shortened(text)[:LONGEST]
    for name in _names(account):
        said = re.sub(re.escape(name), "[name]", said, flags=re.IGNORECASE)
    for mark, pattern in _MARKS:
        said = pattern.sub(mark, said)
    return " ".join(said.split())


def _names(account: Account) -> list[str]:
    """The person's and the account's, whole and in parts; the longest first."""
    whole = [account.debtor.name, account.creditor_reference, account.debtor.creditor_reference, account.reference]
    parts = [part for part in account.debtor.name.split() if len(part) > 1]
    return sorted({name.strip() for name in [*whole, *parts] if name and name.strip()}, key=len, reverse=True)
