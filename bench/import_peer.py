"""The same file through django-import-export: bulk mode, its fastest documented settings, one resource per table.

It reads the file, takes each row apart and writes debtor, contact points, account, history and event: what an import
leaves, without its checks and without the ledger.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import tablib
from import_export import fields, resources

from accounts.models import Account, AccountHistory, ContactPoint, Creditor, Debtor, Event, Portfolio
from bench.placements import write_file
from common.clock import now
from common.ids import uuid7

_FIRST_ID = 900_000_001
_COLUMNS: dict[Any, tuple[str, ...]] = {
    Debtor: ("id", "creditor_id", "creditor_reference", "name", "birth_year", "country", "language"),
    ContactPoint: ("id", "debtor_id", "kind", "value"),
    Account: (
        "id", "creditor_id", "portfolio_id", "debtor_id", "creditor_reference", "currency", "due_date", "placed_minor",
        "balance_minor", "principal_minor",
    ),
    AccountHistory: ("account_id", "newest_month", "billed_minor", "paid_minor"),
    Event: ("id", "kind", "account_id", "debtor_id", "creditor_id", "source", "data", "happened_at"),
}  # fmt: skip


class Bulk(resources.ModelResource):
    """No instance is looked up and nothing is compared or reported: what the documentation advises for speed."""

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        return self.init_instance(row), True


def _meta(model: Any, names: tuple[str, ...]) -> type:
    settings = {
        "model": model, "fields": names, "use_bulk": True, "batch_size": 1000, "skip_diff": True,
        "skip_html_diff": True, "force_init_instance": True, "import_id_fields": (names[0],), "skip_row_results": True,
        "use_transactions": True,
    }  # fmt: skip
    return type("Meta", (), settings)


def _resource(model: Any, names: tuple[str, ...]) -> Any:
    declared = {name: fields.Field(attribute=name, column_name=name) for name in names}
    return type(f"{model.__name__}Resource", (Bulk,), declared | {"Meta": _meta(model, names)})()


def _taken_apart(file: Path, owner: Creditor, placement: Portfolio) -> dict[Any, list[tuple[Any, ...]]]:
    """The rows of each table."""
    tables: dict[Any, list[tuple[Any, ...]]] = {model: [] for model in _COLUMNS}
    rows = tablib.Dataset().load(file.read_text(encoding="utf-8"), format="csv")
    for number, row in enumerate(rows, _FIRST_ID):
        person, minor = uuid7(), int(row[9].replace(".", ""))
        history = [int(cell.replace(".", "")) for cell in row[13:]]
        tables[Debtor].append((person, owner.pk, row[1], row[2], row[12], row[5], row[6].lower()))
        tables[ContactPoint].append((uuid7(), person, "email", row[3]))
        tables[ContactPoint].append((uuid7(), person, "phone", row[4]))
        due = date.fromisoformat(row[10])
        debt = (number, owner.pk, placement.pk, person, row[0], row[8], due, minor, minor, minor)
        tables[Account].append(debt)
        tables[AccountHistory].append((number, date(2026, 9, 1), history[0::2], history[1::2]))
        facts = {"line": number, "currency": row[8], "moved_minor": minor}
        tables[Event].append((number, "account.placed", number, person, owner.pk, "import", facts, now()))
    return tables


def peer_rate(folder: Path, count: int) -> float:
    """Accounts a second, from the file to all five tables."""
    owner = Creditor.objects.create(name="Peer", code="peer", country="TW")
    placement = Portfolio.objects.create(creditor=owner, name="peer", placed_on=date(2026, 10, 1))
    file = write_file(folder / "peer.csv", count)
    started = time.perf_counter()
    for model, rows in _taken_apart(file, owner, placement).items():
        names = _COLUMNS[model]
        outcome = _resource(model, names).import_data(tablib.Dataset(*rows, headers=names), raise_errors=True)
        assert not outcome.has_errors()
    seconds = time.perf_counter() - started
    assert AccountHistory.objects.filter(account__creditor=owner).count() == count
    return count / seconds
