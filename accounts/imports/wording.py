"""Import problems in the reader's language. They are found and stored in English, long before anybody reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import override

from accounts.imports.fields import FIELDS
from common.rewording import Rewording, reader_is_english

# Everything an import may store; a test compares it with what the reading code says.
STORED = (
    "the separators do not fit: this file writes decimals with “%(decimal)s” and thousands with “%(other)s”.",
    "amounts are written in two ways (“%(one)s” and “%(two)s”). Write all of them in one way.",
    "“%s” can be read in two ways. Choose the decimal mark.",
    "this is not an amount. Write it like 1234.50.",
    "the amount has more decimals than the currency.",
    "the amount is too large to be right.",
    "Nothing is owed on this account: leave the row out.",
    "The account is kept in another currency. Correct it, or place it under a new reference.",
    "The account belongs to another customer reference here. Correct the customer reference.",
    "The balance changed, and payments were taken here since the last file. Import again and say whether the file's"
    " balances include those payments.",
    "With the payments taken here the balance would fall below zero. Correct the balance.",
    "The account reference is already on line %d. Keep one row.",
    "consent is written yes or no.",
    "this is not an e-mail address. Write it like name@example.com, several with ; between.",
    "There is no date form “%(chosen)s”. Choose one of %(known)s.",
    "this is not a date in this column's form. Write it like 2026-03-31.",
    "dates are written in two ways (“%(one)s” and “%(two)s”). Write all of them in one way.",
    "“%s” can be read day first or month first. Choose which.",
    "this is not a date. Write it like 2026-03-31.",
    "there is no such day in the calendar.",
    "“%s” has no four-digit year. If these are years of the Republic (民國), choose that.",
    "No column gives the currency. Choose one for all rows.",
    "The file has a header but no rows.",
    "The file has no column “%(header)s”. Its columns are: %(found)s.",
    "The column “%s” is used for more than one field. Keep one of them.",
    "No column gives the %(field)s. The file has: %(found)s. Say which column it is.",
    "There is no field called “%s”.",
    "The file has more than one column “%s”. Give each its own name.",
    "The row has %(has)d cells, the header has %(wants)d. Check its separators and quotation marks.",
    " It runs from line %(first)d to line %(last)d: a quotation mark may not be closed.",
    "The row holds NUL characters. Export the file again as text.",
    "The row cannot be read in the file's encoding. Choose the right encoding.",
    "A cell is longer than 131,072 characters: a quotation mark may not be closed. Correct it.",
    "this is not a whole number.",
    "the account reference is empty. Every row needs one.",
    "the currency is empty. Give it in the file or choose one for all rows.",
    "the amount owed is empty.",
    "principal, interest, fees and costs do not add up to the balance.",
    "the birth year cannot be right.",
    "the text is longer than %d characters.",
    "the text has line breaks or control characters. Remove them.",
    "the amount is negative. An account in credit cannot be placed; leave it out.",
    "the due date is too far away to be right.",
    "the number of days is too large to be right.",
    "the due date is empty. Give the due date or the days past due.",
    "this is no valid phone number of %s. Write it with its country, like +886912345678.",
    "this is not a phone number. Write it like +886912345678.",
    "this currency is not known. Write its three-letter ISO code, like CNY.",
    "this country is not known. Write its two-letter ISO code, like TW.",
    "this language is not known. Write its tag, like en or zh-Hant.",
    "this time zone is not known. Write its name, like Asia/Taipei.",
    "The file is empty. Upload a CSV or XLSX file with a header row.",
    "The first row cannot be read as column headers. Is this a CSV or XLSX?",
    "The uploaded file is no longer kept. Upload it again.",
    "The stored file is damaged. Upload it again.",
    "This XLSX file is damaged. Save it again and upload that.",
    "This file is a package, but no XLSX table. Upload the table itself as CSV or XLSX.",
    "This XLSX file unpacks to far more than it holds. Export it as CSV.",
    "This XLSX file cannot be read. Save it again, or export it as CSV.",
    "The sheet has too many rows. Export it as CSV.",
)


@cache
def _labels() -> dict[str, Any]:
    """Each field's label by its English text."""
    with override("en"):
        return {str(field.label): field.label for field in FIELDS}


def _fields(named: str) -> str:
    labels = (str(_labels().get(label, label)) for label in named.split(" or "))
    return translation.gettext(" or ").join(labels)


_PROBLEMS = Rewording(STORED, {"field": _fields})


def reworded(text: str) -> str:
    """A stored problem in the language that is active now; a text nobody knows stays as it is."""
    if reader_is_english():
        return text
    return _PROBLEMS.tell(text) or _after_a_header(text) or text


def _after_a_header(text: str) -> str:
    """`Due date: there is no such day.`: the header is the file's own, and may hold a colon itself."""
    for colon in re.finditer(": ", text):
        known = _PROBLEMS.tell(text[colon.end() :])
        if known:
            return f"{text[: colon.start()]}: {known}"
    return ""


def problems_to_show(problems: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**problem, "reason": reworded(problem["reason"])} for problem in problems]
