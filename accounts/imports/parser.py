"""From cells to a record, or to every reason why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _

from accounts.imports import rows
from accounts.imports.amounts import Amounts
from accounts.imports.contacts import ADDRESS_MAX, parse_consent, parse_emails, parse_phones
from accounts.imports.dates import YMD, date_reader
from accounts.imports.errors import BadValue
from accounts.imports.fields import AMOUNTS, BILLED, CONSENT_CHANNELS, PAID, PARTS
from accounts.imports.mapping import OURS
from accounts.imports.places import language_in, parse_country, parse_currency, parse_language, parse_time_zone, zone_of
from accounts.imports.plan import ReadingPlan
from accounts.imports.record import Record
from accounts.imports.synonyms import header_key
from accounts.products import product_code
from accounts.segments import segment_code

REFERENCE_MAX, NAME_MAX, POSTCODE_MAX = 64, 200, 16
OLDEST_DUE, OLDEST_BIRTH = date(1950, 1, 1), 1900
FUTURE_DUE_DAYS, PAST_DUE_DAYS_MAX = 3660, 36_500
EMAILS, PHONES, NAMES = ("emails", "emails_2"), ("phones", "phones_2", "phones_3"), ("given_name", "family_name")
ADDRESS = ("address", "city", "region", "postcode")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RowParser:
    """`parse(line, cells)` -> a Record, or a list of reasons. Made once per process: it remembers what repeats."""

    def __init__(self, plan: ReadingPlan) -> None:
        self.plan, self.at = plan, plan.columns
        self.width, self.needed = len(plan.headers), self._needed_width(plan.headers)
        self.months = plan.months()
        self.newest = date.fromisoformat(f"{self.months[0]}-01") if self.months else None
        self.billed, self.paid = (self._monthly(kind) for kind in (BILLED, PAID))
        self._take_billed, self._take_paid = _taker(self.billed), _taker(self.paid)
        self.dates = {name: date_reader(plan.orders.get(name, YMD)) for name in ("due_date", "birth_date")}
        self.consents = [(name, channel) for name, channel in CONSENT_CHANNELS.items() if name in self.at]
        # Asking only for the columns a file has is a third of the time of a row.
        self.amounts, self.emails, self.phones = (self._mapped(names) for names in (AMOUNTS, EMAILS, PHONES))
        self.address, self.names = self._mapped(ADDRESS), self._mapped(NAMES)
        self.latest_due = plan.today + timedelta(days=FUTURE_DUE_DAYS)
        self._amounts_in: dict[str, Amounts] = {}
        self._reasons: list[str] = []
        self._cells: list[str] = []

    def _mapped(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self.at]

    def _monthly(self, kind: str) -> list[int]:
        """Where each month's amount is, newest first; -1 for a month the file leaves out."""
        return [self.at.get(f"{kind}:{month}", -1) for month in self.months]

    @staticmethod
    def _needed_width(headers: list[str]) -> int:
        """A row may end early by the columns our error file added, by nothing else."""
        width = len(headers)
        while width and (not headers[width - 1] or header_key(headers[width - 1]) in OURS):
            width -= 1
        return width

    def parse(self, row: rows.Row) -> Record | list[str]:
        reason = self._unusable(row)
        if reason:
            return [reason]
        self._reasons, self._cells = [], row.cells
        record = Record(row.line)
        self._identify(record)
        self._place(record)
        self._money(record)
        self._age(record)
        self._history(record)
        self._person(record)
        self._contact(record)
        return self._reasons or record

    def _unusable(self, row: rows.Row) -> str:
        if row.flaw:
            return _FLAWS[row.flaw]()
        extra = len(row.cells) - self.width
        if extra > 0 and any(cell.strip() for cell in row.cells[self.width :]):
            return self._wrong_width(row)
        if len(row.cells) < self.needed:
            return self._wrong_width(row)
        if extra < 0:
            row.cells.extend([""] * -extra)
        return ""

    def _wrong_width(self, row: rows.Row) -> str:
        text = _("The row has %(has)d cells, the header has %(wants)d. Check its separators and quotation marks.")
        reason = text % {"has": len(row.cells), "wants": self.width}
        if row.last_line > row.line:
            spans = _(" It runs from line %(first)d to line %(last)d: a quotation mark may not be closed.")
            reason += spans % {"first": row.line, "last": row.last_line}
        return reason

    def _text(self, name: str) -> str:
        position = self.at.get(name, -1)
        return self._cells[position].strip() if position >= 0 else ""

    def _refuse(self, name: str, reason: str) -> None:
        position = self.at.get(name, -1)
        header = self.plan.headers[position] if position >= 0 else name
        self._reasons.append(f"{header}: {reason}")

    def _read(self, name: str, reader: Callable[..., Any], **options: Any) -> Any:
        """The cell's value, or None when it is empty or was refused."""
        position = self.at.get(name, -1)
        text = self._cells[position].strip() if position >= 0 else ""
        if not text:
            return None
        try:
            return reader(text, **options)
        except BadValue as error:
            return self._refuse(name, str(error))

    def _short(self, name: str, limit: int) -> str:
        text = self._text(name)
        if len(text) > limit:
            self._refuse(name, _("the text is longer than %d characters.") % limit)
        elif not text.isprintable() and _CONTROL.search(text):
            self._refuse(name, _("the text has line breaks or control characters. Remove them."))
        return text

    def _identify(self, record: Record) -> None:
        record.account_reference = self._short("account_reference", REFERENCE_MAX)
        if not record.account_reference:
            self._refuse("account_reference", _("the account reference is empty. Every row needs one."))
        record.customer_reference = self._short("customer_reference", REFERENCE_MAX) or record.account_reference
        record.product = product_code(self._text("product"))
        record.segment = segment_code(self._text("segment"))

    def _place(self, record: Record) -> None:
        record.country = self._read("country", parse_country)
        if not record.country:
            record.country = self.plan.country
            record.assumed.append("country")
        record.language = self._read("language", parse_language)
        if not record.language:
            record.language = self.plan.language or language_in(record.country)
            record.assumed.append("language")

    def amounts_in(self, currency: str) -> Amounts:
        amounts = self._amounts_in.get(currency)
        if amounts is None:
            amounts = self._amounts_in[currency] = Amounts(self.plan.decimal, currency)
        return amounts

    def _money(self, record: Record) -> None:
        record.currency = self._read("currency", parse_currency) or self.plan.currency
        if not record.currency:
            return self._refuse("currency", _("the currency is empty. Give it in the file or choose one for all rows."))
        read = self.amounts_in(record.currency).__getitem__
        amounts = {name: self._read(name, read) for name in self.amounts}
        for name, minor in amounts.items():
            if minor is not None and minor < 0:
                self._refuse(name, _("the amount is negative. An account in credit cannot be placed; leave it out."))
        record.credit_limit = amounts.pop("credit_limit", None)
        if not self._reasons:
            self._components(record, amounts)
        return None

    def _components(self, record: Record, amounts: dict[str, int | None]) -> None:
        balance, parts = amounts.get("balance"), [amounts.get(name) for name in PARTS]
        if balance is None and parts.count(None) == len(parts):
            return self._refuse("balance" if "balance" in self.at else "principal", _("the amount owed is empty."))
        components = components_of(balance, parts)
        if components is None:
            return self._refuse("balance", _("principal, interest, fees and costs do not add up to the balance."))
        record.components = components
        return None

    def _age(self, record: Record) -> None:
        due = self._read("due_date", self.dates["due_date"])
        if due is not None:
            record.due_date = due
            if not OLDEST_DUE <= due <= self.latest_due:
                self._refuse("due_date", _("the due date is too far away to be right."))
            return
        days = self._read("days_past_due", whole_number)
        if days is not None and abs(days) <= PAST_DUE_DAYS_MAX:
            record.due_date = self.plan.as_of - timedelta(days=days)
        elif days is not None:
            self._refuse("days_past_due", _("the number of days is too large to be right."))
        elif not self._text("due_date") and not self._text("days_past_due"):
            name = "due_date" if "due_date" in self.at else "days_past_due"
            self._refuse(name, _("the due date is empty. Give the due date or the days past due."))

    def _history(self, record: Record) -> None:
        if not self.months or not record.currency:
            return None
        amounts = self.amounts_in(record.currency)
        try:
            record.billed = list(map(amounts.__getitem__, self._take_billed(self._cells)))
            record.paid = list(map(amounts.__getitem__, self._take_paid(self._cells)))
        except BadValue:
            return self._refuse_months(amounts)
        if record.billed.count(None) + record.paid.count(None) < 2 * len(self.months):
            record.newest_month = self.newest
        return None

    def _refuse_months(self, amounts: Amounts) -> None:
        for position in (*self.billed, *self.paid):
            try:
                _minor = amounts[self._cells[position]] if position >= 0 else None
            except BadValue as error:
                self._reasons.append(f"{self.plan.headers[position]}: {error}")

    def _person(self, record: Record) -> None:
        record.name = self._short("name", NAME_MAX) or (self._joined_name() if self.names else "")
        born = self._read("birth_date", self.dates["birth_date"])
        year = born.year if born else self._read("birth_year", whole_number)
        if year is None:
            return
        if not OLDEST_BIRTH <= year <= self.plan.today.year:
            self._refuse("birth_date" if born else "birth_year", _("the birth year cannot be right."))
        record.birth_year = str(year)

    def _joined_name(self) -> str:
        given, family = self._short("given_name", NAME_MAX // 2), self._short("family_name", NAME_MAX // 2)
        return joined_name(given, family)

    def _contact(self, record: Record) -> None:
        for name in self.emails:
            record.emails += self._read(name, parse_emails) or ()
        for name in self.phones:
            record.phones += self._read(name, parse_phones, country=record.country) or ()
        postcode = self._address(record) if self.address else ""
        record.time_zone = self._read("time_zone", parse_time_zone) or ""
        if not record.time_zone:
            record.time_zone = zone_of(country=record.country, phones=record.phones, postcode=postcode)
            record.assumed.append("time_zone")
        for name, channel in self.consents:
            granted = self._read(name, parse_consent)
            if granted is not None:
                record.consents.append((channel, granted))

    def _address(self, record: Record) -> str:
        """The postcode, which also tells the time zone."""
        postcode = self._short("postcode", POSTCODE_MAX)
        parts = (self._text("address"), self._text("city"), self._text("region"), postcode)
        record.address = joined_address(parts)
        if len(record.address) > ADDRESS_MAX:
            self._refuse("address", _("the text is longer than %d characters.") % ADDRESS_MAX)
        return postcode


def components_of(balance: int | None, parts: Sequence[int | None]) -> tuple[int, int, int, int] | None:
    """Principal, interest, fees and costs; None when they do not add up or nothing is said. The principal may be left
    out: it is what the rest leaves of the balance."""
    principal, interest, fees, costs = (part or 0 for part in parts)
    if parts[0] is None and balance is not None:
        principal = balance - interest - fees - costs
    total = principal + interest + fees + costs
    if principal < 0 or total != (total if balance is None else balance):
        return None
    return principal, interest, fees, costs


def joined_name(given: str, family: str) -> str:
    if not (given and family):
        return given or family
    return f"{given} {family}" if family.isascii() else f"{family}{given}"


def joined_address(parts: Iterable[str]) -> str:
    return ", ".join(" ".join(part.split()) for part in parts if part)


def _taker(places: list[int]) -> Callable[[list[str]], Sequence[str]]:
    """`take(cells)` -> the cells at these places, an empty one where a place is -1."""
    if len(places) > 1 and -1 not in places:
        return itemgetter(*places)
    return lambda cells: [cells[place] if place >= 0 else "" for place in places]


_FLAWS: dict[str, Callable[[], str]] = {
    rows.NUL: lambda: _("The row holds NUL characters. Export the file again as text."),
    rows.UNREADABLE: lambda: _("The row cannot be read in the file's encoding. Choose the right encoding."),
    rows.HUGE: lambda: _("A cell is longer than 131,072 characters: a quotation mark may not be closed. Correct it."),
}


def whole_number(text: str) -> int:
    digits = text.removesuffix(".0")
    if len(digits) > 7 or not digits.removeprefix("-").isdecimal():
        raise BadValue(_("this is not a whole number."))
    return int(digits)
