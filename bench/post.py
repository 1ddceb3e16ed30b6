"""Posting payments: in batches of a thousand against bare SQL; one at a time: `post_single`.

Each is measured in turn with what it is held against, so that a busy moment of the machine touches both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from django.db import connection, transaction

from accounts.models import Account, Creditor, Debtor, Portfolio
from bench import post_single
from bench.effort import Effort
from bench.result import Result
from common.clock import now, today
from payments.ledger import Line, NewEntry, ledger_account, post_entries
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from wallets.models import Provider

ACCOUNTS, CREDITORS = 20_000, 5
BATCH, ROUNDS = 1_000, 5
MINOR = 25

_ACCOUNTS = """
    INSERT INTO accounts_account (creditor_id, portfolio_id, debtor_id, creditor_reference, product, currency, status,
        due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor, costs_minor, reported_minor,
        quiet_reason, created_at)
    SELECT %(creditor)s, %(portfolio)s, %(debtor)s, 'A' || n, 'credit_card', 'EUR', 'open', %(on)s, 500000, 0, 0, 0, 0,
           0, '{}', '', now()
    FROM generate_series(1, %(n)s) AS n
"""
# The same rows into the same tables under the same triggers, with the balances moved by the same statement. It is told
# nothing but key, account and amount, looks nothing up, and would not notice a payment that comes twice.
_BARE = """
    WITH given AS (
        SELECT nextval('payments_journalentry_id_seq') AS id, key, account_id, minor
          FROM unnest(%(keys)s::text[], %(accounts)s::bigint[], %(minors)s::bigint[]) AS given (key, account_id, minor)
    ), entry AS (
        INSERT INTO payments_journalentry (id, kind, creditor_id, idempotency_key, effective_at, recorded_at, data)
        SELECT id, 'payment', %(creditor)s, key, %(now)s, %(now)s, '{}' FROM given
    ), posting AS (
        INSERT INTO payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)
        SELECT id, line.place, line.account_id, line.component, line.minor, 'EUR'
          FROM given CROSS JOIN LATERAL (VALUES
               (%(receivable)s, account_id, 'principal', -minor), (%(placed)s, NULL, '', minor),
               (%(clearing)s, NULL, '', minor), (%(payable)s, NULL, '', -minor)
          ) AS line (place, account_id, component, minor)
    )
    UPDATE accounts_account SET balance_minor = balance_minor - minor, principal_minor = principal_minor - minor
      FROM given WHERE accounts_account.id = account_id
"""


def run(scale: float = 1.0) -> list[Result]:
    owned = _fill()
    rounds = max(1, round(ROUNDS * scale))
    results = [_batches(owned, rounds=rounds), *post_single.measure(rounds=rounds)]
    assert unbalanced_entries() == [] and drifted_accounts() == []
    return results


def _fill() -> list[list[Account]]:
    """The accounts of each creditor, their placements posted; what PostgreSQL knows of the tables is fresh."""
    owned = []
    Provider.objects.create(key="paypal", name="PayPal", status="vetted", currencies=["EUR"])
    for number in range(CREDITORS):
        creditor = Creditor.objects.create(name=f"Bench {number}", code=f"bench-{number}", country="DE")
        placement = Portfolio.objects.create(creditor=creditor, name="Bench", placed_on=today())
        debtor = Debtor.objects.create(creditor=creditor, creditor_reference="C", name="Bench", country="DE")
        values = {"creditor": creditor.pk, "portfolio": placement.pk, "debtor": debtor.pk, "on": today()}
        with connection.cursor() as cursor:
            cursor.execute(_ACCOUNTS, values | {"n": ACCOUNTS // CREDITORS})
        rows = list(Account.objects.filter(creditor=creditor).order_by("pk"))
        post_entries([_placement(row) for row in rows])
        owned.append(rows)
    with connection.cursor() as cursor:
        for table in ("accounts_account", "payments_journalentry", "payments_posting", "payments_ledgeraccount"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return owned


def _placement(row: Account) -> NewEntry:
    lines = [Line("receivable", 500_000, account=row, component="principal"), Line("placed", -500_000)]
    return _entry(row, "placement", key=f"placement:{row.pk}", lines=lines)


def _payment(row: Account, number: int) -> NewEntry:
    return _entry(row, "payment", key=f"payment:{number}", lines=payment_lines(row))


def payment_lines(row: Account) -> list[Line]:
    return [
        Line("receivable", -MINOR, account=row, component="principal"),
        Line("placed", MINOR),
        Line("clearing", MINOR, qualifier="alipay"),
        Line("payable", -MINOR),
    ]


def _entry(row: Account, kind: str, *, key: str, lines: list[Line]) -> NewEntry:
    return NewEntry(
        kind=kind,
        idempotency_key=key,
        creditor_id=row.creditor_id,
        currency=row.currency,
        effective_at=now(),
        lines=lines,
    )


def _batches(owned: list[list[Account]], *, rounds: int) -> Result:
    """Each round ours and the bare statement post a thousand payments of each creditor."""
    numbers, ours, bare = count(), Effort(), Effort()
    for turn in range(-1, rounds):
        if not turn:  # the first turn warmed up
            ours, bare = Effort(), Effort()
        for rows in owned:
            chosen = [rows[(turn * BATCH + n) % len(rows)] for n in range(BATCH)]
            entries = [_payment(row, next(numbers)) for row in chosen]
            values = _bare_values(chosen, numbers)
            ours.spend(partial(post_entries, entries))
            bare.spend(partial(_post_bare, values))
    posted = rounds * len(owned) * BATCH
    limit = "bare INSERTs and UPDATE in one statement, batches of 1,000, same tables and triggers"
    notes = {"batch": BATCH, "cpu_ratio": round(bare.cpu / ours.cpu, 4)}
    return Result("post", posted, ours.wall, limit, posted / bare.wall, notes=notes)


def _places(creditor_id: int) -> dict[str, int]:
    chart = (("receivable", ""), ("placed", ""), ("clearing", "alipay"), ("payable", ""))
    return {
        kind: ledger_account(kind, creditor_id=creditor_id, currency="EUR", qualifier=qualifier).pk
        for kind, qualifier in chart
    }


def _bare_values(rows: list[Account], numbers: Iterator[int]) -> dict[str, Any]:
    return {
        "keys": [f"bare:{next(numbers)}" for _row in rows],
        "accounts": [row.pk for row in rows],
        "minors": [MINOR] * len(rows),
        "creditor": rows[0].creditor_id,
        "now": now(),
        **_places(rows[0].creditor_id),
    }


def _post_bare(values: dict[str, Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BARE, values)
