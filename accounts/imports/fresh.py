"""Accounts nobody knew, of people nobody knew: written by COPY straight into their tables, as nothing is compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from accounts.imports.hooks import Placed
from accounts.imports.people import name_token_texts
from accounts.imports.record import Record
from accounts.imports.resolve_sql import NEW_IDS
from accounts.imports.staging import NULL, copy_arrays, copy_lines, copy_text, uuid7_list
from common.crypto.blind import indexer
from common.crypto.cipher import seal_column
from common.crypto.normalise import normalise_contact, normalise_email

_DEBTORS = (
    "accounts_debtor (creditor_id, created_at, id, creditor_reference, name, name_tokens, birth_year, country,"
    " time_zone, language)"
)
_CONTACTS = (
    "accounts_contactpoint (condition, created_at, id, debtor_id, kind, value, value_index, last_digits, position)"
)
_CONSENTS = "accounts_consent (debtor_id, channel, purpose, granted, evidence, recorded_at)"
_ACCOUNTS = (
    "accounts_account (creditor_id, portfolio_id, status, quiet_reason, created_at, id, debtor_id, creditor_reference,"
    " product, segment, currency, due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor,"
    " costs_minor, reported_minor, credit_limit_minor)"
)
_HISTORIES = "accounts_accounthistory (account_id, newest_month, billed_minor, paid_minor)"
_EVENTS = "accounts_event (kind, creditor_id, actor_id, source, happened_at, account_id, debtor_id, data)"
# A contact point: whose, kind, as delivered, in the spelling it is found by, last digits, position.
_Point = tuple[str, str, str, str, str, int]


class FreshRows:
    """The rows of one chunk, table by table and column by column; `write` sends them, parents first."""

    def __init__(self, *, values: dict[str, Any]) -> None:
        self._job, self._now = str(values["job"]), values["now"].isoformat()
        self._creditor, self._portfolio = values["creditor"], values["portfolio"]
        self._actor = NULL if values["actor"] is None else values["actor"]
        self.placed: list[Placed] = []

    def write(self, cursor: Any, records: Sequence[Record]) -> dict[str, str]:
        """Customer reference -> debtor id of the people it made. One person may have several of the accounts."""
        newcomers: dict[str, Record] = {}
        for record in records:
            newcomers.setdefault(record.customer_reference, record)
        people = dict(zip(newcomers, uuid7_list(len(newcomers)), strict=True))
        owners = [people[record.customer_reference] for record in records]
        cursor.execute(NEW_IDS, [len(records)])
        accounts = [account_id for (account_id,) in cursor.fetchall()]
        copy_lines(cursor, _DEBTORS, self._debtors(list(newcomers.values()), list(people.values())))
        copy_lines(cursor, _CONTACTS, self._contacts(records, owners))
        copy_lines(cursor, _CONSENTS, self._consents(records, owners))
        copy_lines(cursor, _ACCOUNTS, self._accounts(records, accounts, owners))
        copy_lines(cursor, _HISTORIES, _histories(records, accounts))
        copy_lines(cursor, _EVENTS, self._events(records, accounts, owners))
        self.placed = [
            (account_id, record.currency, record.components)
            for account_id, record in zip(accounts, records, strict=True)
        ]
        return people

    def _debtors(self, records: Sequence[Record], ids: Sequence[str]) -> list[str]:
        head, tokens = f"{self._creditor}\t{self._now}\t", name_token_texts()
        names = seal_column("accounts_debtor", "name", [record.name for record in records], ids)
        years = seal_column("accounts_debtor", "birth_year", [record.birth_year for record in records], ids)
        return [
            f"{head}{person}\t{copy_text(record.customer_reference)}\t{name}\t{tokens(record.name)}\t{year}\t"
            f"{record.country}\t{record.time_zone}\t{record.language}\n"
            for record, person, name, year in zip(records, ids, names, years, strict=True)
        ]

    def _contacts(self, records: Sequence[Record], owners: Sequence[str]) -> list[str]:
        head, index = f"unknown\t{self._now}\t", indexer("contact")
        points: dict[tuple[str, str], _Point] = {}
        for record, owner in zip(records, owners, strict=True):
            for point in _points(record, owner):
                points.setdefault((owner, index(point[3])), point)
        ids = uuid7_list(len(points))
        values = seal_column("accounts_contactpoint", "value", [point[2] for point in points.values()], ids)
        return [
            f"{head}{point_id}\t{owner}\t{kind}\t{sealed}\t{indexed}\t{digits}\t{position}\n"
            for point_id, sealed, ((owner, indexed), (_owner, kind, _value, _spelling, digits, position)) in zip(
                ids, values, points.items(), strict=True
            )
        ]

    def _consents(self, records: Sequence[Record], owners: Sequence[str]) -> list[str]:
        return [
            f"{owner}\t{channel}\tcollection\t{'t' if granted else 'f'}\t"
            f'{{"source": "placement file", "import": "{self._job}", "line": {record.line}}}\t{self._now}\n'
            for record, owner in zip(records, owners, strict=True)
            for channel, granted in record.consents
        ]

    def _accounts(self, records: Sequence[Record], ids: Sequence[int], owners: Sequence[str]) -> Iterator[str]:
        head = f"{self._creditor}\t{self._portfolio}\topen\t\t{self._now}\t"
        for record, account_id, owner in zip(records, ids, owners, strict=True):
            principal, interest, fees, costs = record.components
            total = principal + interest + fees + costs
            limit = NULL if record.credit_limit is None else record.credit_limit
            yield (
                f"{head}{account_id}\t{owner}\t{copy_text(record.account_reference)}\t{record.product}\t"
                f"{record.segment}\t{record.currency}\t{record.due_date}\t{total}\t{total}\t{principal}\t{interest}\t{fees}\t{costs}\t"
                f"{{{principal},{interest},{fees},{costs}}}\t{limit}\n"
            )

    def _events(self, records: Sequence[Record], ids: Sequence[int], owners: Sequence[str]) -> list[str]:
        head = f"account.placed\t{self._creditor}\t{self._actor}\timport\t{self._now}\t"
        return [
            f'{head}{account_id}\t{owner}\t{{"import": "{self._job}", "line": {record.line}, "currency": '
            f'"{record.currency}", "moved_minor": {sum(record.components)}}}\n'
            for record, account_id, owner in zip(records, ids, owners, strict=True)
        ]


def _points(record: Record, owner: str) -> Iterator[_Point]:
    for position, email in enumerate(record.emails):
        yield owner, "email", email, normalise_email(email), "", position
    for position, phone in enumerate(record.phones):
        yield owner, "phone", phone, phone[1:], phone[-4:], position
    if record.address:
        yield owner, "address", record.address, normalise_contact(record.address), "", 0


def _histories(records: Sequence[Record], ids: Sequence[int]) -> list[str]:
    pairs = [(record, account_id) for record, account_id in zip(records, ids, strict=True) if record.newest_month]
    if not pairs:
        return []
    billed, paid = copy_arrays([record.billed for record, _id in pairs]), copy_arrays([rec.paid for rec, _id in pairs])
    return [
        f"{account_id}\t{record.newest_month}\t{there}\t{back}\n"
        for (record, account_id), there, back in zip(pairs, billed, paid, strict=True)
    ]
