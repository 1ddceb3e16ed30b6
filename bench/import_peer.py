"""The same rows through django-import-export: bulk mode, its fastest documented settings, one resource per table."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import tablib
from import_export import fields, resources

from accounts.models import Account, AccountHistory, ContactPoint, Creditor, Debtor, Portfolio
from bench.placements import rows
from common.ids import uuid7

_DEBTOR = ["id", "creditor_id", "creditor_reference", "name", "birth_year", "country", "language"]
_POINT = ["id", "debtor_id", "kind", "value"]
_DEBT = [
    "id", "creditor_id", "portfolio_id", "debtor_id", "creditor_reference", "currency", "due_date", "placed_minor",
    "balance_minor", "principal_minor",
]  # fmt: skip
_MONTHS = ["account_id", "newest_month", "billed_minor", "paid_minor"]


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


def _resource(model: Any, *names: str) -> Any:
    declared = {name: fields.Field(attribute=name, column_name=name) for name in names}
    return type(f"{model.__name__}Resource", (Bulk,), declared | {"Meta": _meta(model, names)})()


def _datasets(count: int, owner: Creditor, placement: Portfolio) -> list[tuple[Any, tablib.Dataset]]:
    """The same rows, already taken apart into tables for the peer's benefit."""
    people, points, debts, months = [], [], [], []
    for number, row in enumerate(rows(count), 900_000_001):
        person, minor = uuid7(), int(row[9].replace(".", ""))
        history = [int(cell.replace(".", "")) for cell in row[13:]]
        people.append((person, owner.pk, row[1], row[2], row[12], "TW", "zh-hant"))
        points.append((uuid7(), person, "email", row[3]))
        points.append((uuid7(), person, "phone", row[4]))
        due = date.fromisoformat(row[10])
        debts.append((number, owner.pk, placement.pk, person, row[0], "TWD", due, minor, minor, minor))
        months.append((number, date(2026, 9, 1), history[0::2], history[1::2]))
    tables = (
        (Debtor, _DEBTOR, people),
        (ContactPoint, _POINT, points),
        (Account, _DEBT, debts),
        (AccountHistory, _MONTHS, months),
    )
    return [(_resource(model, *names), tablib.Dataset(*table, headers=names)) for model, names, table in tables]


def peer_rate(count: int) -> float:
    """Accounts a second, all four tables together."""
    owner = Creditor.objects.create(name="Peer", code="peer", country="TW")
    placement = Portfolio.objects.create(creditor=owner, name="peer", placed_on=date(2026, 10, 1))
    datasets = _datasets(count, owner, placement)
    started = time.perf_counter()
    for resource, dataset in datasets:
        outcome = resource.import_data(dataset, raise_errors=True)
        assert not outcome.has_errors()
    seconds = time.perf_counter() - started
    assert AccountHistory.objects.filter(account__creditor=owner).count() == count
    return count / seconds
