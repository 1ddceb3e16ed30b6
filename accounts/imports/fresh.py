"""Accounts nobody knew, of people nobody knew: written by COPY straight into their tables, as nothing is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.imports.hooks import Placed
from accounts.imports.people import PeopleWriter
from accounts.imports.record import Record
from accounts.imports.resolve_sql import NEW_IDS
from accounts.imports.staging import copy_array, copy_lines, copy_text

_DEBTORS = (
    "accounts_debtor (id, creditor_id, creditor_reference, created_at, name, name_tokens, birth_year, country,"
    " time_zone, language)"
)
_CONTACTS = (
    "accounts_contactpoint (id, debtor_id, kind, value, value_index, last_digits, position, condition, created_at)"
)
_CONSENTS = "accounts_consent (debtor_id, channel, purpose, granted, evidence, recorded_at)"
_ACCOUNTS = (
    "accounts_account (id, creditor_id, portfolio_id, debtor_id, creditor_reference, product, currency, status,"
    " due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor, costs_minor,"
    " credit_limit_minor, reported_minor, quiet_reason, created_at)"
)
_HISTORIES = "accounts_accounthistory (account_id, newest_month, billed_minor, paid_minor)"
_EVENTS = "accounts_event (kind, account_id, debtor_id, creditor_id, actor_id, source, data, happened_at)"


class FreshRows:
    """The lines of one chunk for each table; `write` sends them, parents first."""

    def __init__(self, people: PeopleWriter, *, values: dict[str, Any]) -> None:
        self._people, self._job = people, str(values["job"])
        self._creditor, self._portfolio, self._now = values["creditor"], values["portfolio"], values["now"].isoformat()
        self._actor = "\\N" if values["actor"] is None else values["actor"]
        self._debtors: list[str] = []
        self._contacts: list[str] = []
        self._consents: list[str] = []
        self._accounts: list[str] = []
        self._histories: list[str] = []
        self._events: list[str] = []
        self.placed: list[Placed] = []

    def write(self, cursor: Any, records: Sequence[Record]) -> None:
        cursor.execute(NEW_IDS, [len(records)])
        for (account_id,), record in zip(cursor.fetchall(), records, strict=True):
            self._add(record, account_id, self._person(record))
        copy_lines(cursor, _DEBTORS, self._debtors)
        copy_lines(cursor, _CONTACTS, self._contacts)
        copy_lines(cursor, _CONSENTS, self._consents)
        copy_lines(cursor, _ACCOUNTS, self._accounts)
        copy_lines(cursor, _HISTORIES, self._histories)
        copy_lines(cursor, _EVENTS, self._events)

    def _person(self, record: Record) -> str:
        person, state = self._people.met(record)
        if state:
            reference = copy_text(record.customer_reference)
            sealed = self._people.sealed(person)
            self._debtors.append(f"{person.id}\t{self._creditor}\t{reference}\t{self._now}\t{sealed}\n")
        self._contacts += [f"{line}\n" for line in self._people.contact_points(person, record)]
        for channel, granted in record.consents:
            self._consents.append(self._consent(person.id, channel, granted, record.line))
        return person.id

    def _consent(self, person_id: str, channel: str, granted: bool, line: int) -> str:
        evidence = f'{{"source": "placement file", "import": "{self._job}", "line": {line}}}'
        return f"{person_id}\t{channel}\tcollection\t{'t' if granted else 'f'}\t{evidence}\t{self._now}\n"

    def _add(self, record: Record, account_id: int, debtor_id: str) -> None:
        principal, interest, fees, costs = record.components
        total = principal + interest + fees + costs
        limit = "\\N" if record.credit_limit is None else record.credit_limit
        self._accounts.append(
            f"{account_id}\t{self._creditor}\t{self._portfolio}\t{debtor_id}\t{copy_text(record.account_reference)}\t"
            f"{record.product}\t{record.currency}\topen\t{record.due_date.isoformat()}\t{total}\t{total}\t{principal}\t{interest}\t"
            f"{fees}\t{costs}\t{limit}\t{{{principal},{interest},{fees},{costs}}}\t\t{self._now}\n"
        )
        if record.newest_month:
            billed, paid = copy_array(record.billed), copy_array(record.paid)
            self._histories.append(f"{account_id}\t{record.newest_month.isoformat()}\t{billed}\t{paid}\n")
        facts = f'"line": {record.line}, "currency": "{record.currency}", "moved_minor": {total}'
        data = f'{{"import": "{self._job}", {facts}}}'
        self._events.append(
            f"account.placed\t{account_id}\t{debtor_id}\t{self._creditor}\t{self._actor}\timport\t{data}\t{self._now}\n"
        )
        self.placed.append((account_id, record.currency, record.components))
