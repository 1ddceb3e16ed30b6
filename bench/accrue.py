"""A night's interest for many accounts, against a bare INSERT .. SELECT of as many balanced entries of the same shape.

Two nights are measured: one in which nothing had happened to anybody (the usual one), and one in which every account
is told from the beginning (the first night, and each account once a month).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Creditor, Portfolio
from bench.memory import Peak
from bench.result import Result
from common.clock import today
from payments.accrual import quiet
from payments.accrual.posting import QUIET_BATCH, accrue_day, due_accounts
from payments.accrual.rules import read_rules
from payments.ledger import ledger_account
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import InterestTerms, JournalEntry

ACCOUNTS = 100_000
PRINCIPAL = 365_000
LIMIT = "bare INSERT .. SELECT of as many entries and postings, balances and states with them, in chunks"

_DEBTORS = """
    INSERT INTO accounts_debtor (id, creditor_id, creditor_reference, name, name_tokens, birth_year, country,
                                 time_zone, language, created_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, %(creditor)s, 'C' || n,
           repeat('x', 60), '{}', '', 'CN', 'Asia/Shanghai', 'en', now()
    FROM generate_series(1, %(n)s) AS n
"""
_ACCOUNTS = """
    INSERT INTO accounts_account (creditor_id, portfolio_id, debtor_id, creditor_reference, product, currency, status,
        due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor, costs_minor, reported_minor,
        quiet_reason, created_at)
    SELECT %(creditor)s, %(portfolio)s, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'A' || n,
           'credit_card', 'CNY', 'open', %(on)s - 40, %(minor)s, %(minor)s, %(minor)s, 0, 0, 0, '{}', '', now()
    FROM generate_series(1, %(n)s) AS n
"""
_PLACED = """
    WITH entry AS (
        INSERT INTO payments_journalentry (kind, creditor_id, idempotency_key, effective_at, recorded_at, data)
        SELECT 'placement', creditor_id, 'placement:' || id, now() - interval '40 days', now(), '{}'
        FROM accounts_account RETURNING id, creditor_id, idempotency_key
    )
    INSERT INTO payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)
    SELECT entry.id, side.ledger, CASE WHEN side.owed THEN split_part(idempotency_key, ':', 2)::bigint END,
           CASE WHEN side.owed THEN 'principal' ELSE '' END, side.minor, 'CNY'
    FROM entry,
         (VALUES (%(receivable)s, true, %(minor)s), (%(placed)s, false, -%(minor)s)) AS side (ledger, owed, minor)
"""
_BARE = """
    WITH entry AS (
        INSERT INTO payments_journalentry (kind, creditor_id, idempotency_key, effective_at, recorded_at, data)
        SELECT 'interest', creditor_id, 'bare:' || id, now(), now(), %(data)s::jsonb
        FROM accounts_account WHERE id > %(after)s ORDER BY id LIMIT %(size)s
        RETURNING id, idempotency_key
    ), line AS (
        SELECT entry.id AS entry_id, side.ledger, split_part(idempotency_key, ':', 2)::bigint AS account_id, side.owed,
               side.minor
        FROM entry, (VALUES (%(receivable)s, true, 100), (%(placed)s, false, -100)) AS side (ledger, owed, minor)
    ), posting AS (
        INSERT INTO payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)
        SELECT entry_id, ledger, CASE WHEN owed THEN account_id END, CASE WHEN owed THEN 'interest' ELSE '' END, minor,
               'CNY' FROM line
    ), moved AS (
        UPDATE accounts_account a SET balance_minor = balance_minor + 100, interest_minor = interest_minor + 100
        FROM line WHERE a.id = line.account_id AND line.owed
    ), state AS (
        UPDATE payments_accrualstate s SET replays = replays + 1 FROM line WHERE s.account_id = line.account_id AND owed
    )
    SELECT max(account_id) FROM line
"""


def run(scale: float = 1.0) -> list[Result]:
    """Fills the empty, throw-away database it is given with `scale` times 100,000 accounts."""
    number = max(1_000, int(ACCOUNTS * scale))
    places = _fill(number)
    InterestTerms.objects.create(effective_from=date(2020, 1, 1), yearly_basis_points=1_000, runs_from="due_date")
    day = _first_night()
    with Peak() as told_memory:
        told_seconds, told = _timed(lambda: accrue_day(day))
    _maintain()
    accrue_day(day + timedelta(days=1))  # what was placed today is told once more
    _maintain()
    plans = {"plan_quiet": _plan_of_quiet(day + timedelta(days=2)), "plan_due": _plan_of_due(day + timedelta(days=2))}
    quiet_seconds, posted, bare_seconds = 0.0, 0, 0.0
    with Peak() as memory:
        for round_number in (2, 3):
            seconds, count = _timed(lambda: accrue_day(day + timedelta(days=round_number)))  # noqa: B023 - run at once
            quiet_seconds, posted = quiet_seconds + seconds, posted + count
            bare_seconds += _bare(number, places)
            _maintain()
            _settle_states()
    again, nothing = _timed(lambda: accrue_day(day + timedelta(days=3)))
    right = not unbalanced_entries() and not drifted_accounts()
    rate = posted / bare_seconds
    notes = {"accounts": number, "again_seconds": round(again, 2), "again": nothing, "books_right": right, **plans}
    return [
        Result("accrue", posted, quiet_seconds, LIMIT, rate, notes=notes | memory.notes),
        Result("accrue_told", told, told_seconds, LIMIT, rate, notes={"accounts": number, **told_memory.notes}),
    ]


def _first_night() -> date:
    """Every account is told once a month, so the quiet nights after this one have to lie in its month."""
    day = today()
    return day if day.day <= 24 else (day.replace(day=1) + timedelta(days=32)).replace(day=2)


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _fill(number: int) -> dict[str, int]:
    creditor = Creditor.objects.create(name="Bench", code="bench", country="CN", role="first_party_creditor")
    portfolio = Portfolio.objects.create(creditor=creditor, name="Bench", placed_on=today())
    places = {
        kind: ledger_account(kind, creditor_id=creditor.pk, currency="CNY").pk for kind in ("receivable", "placed")
    }
    values: dict[str, Any] = {
        "n": number,
        "creditor": creditor.pk,
        "portfolio": portfolio.pk,
        "on": today(),
        "minor": PRINCIPAL,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_DEBTORS, _ACCOUNTS, _PLACED):
            cursor.execute(statement, values | places)
    _maintain()
    return places


def _maintain() -> None:
    tables = "accounts_debtor, accounts_account, payments_journalentry, payments_posting, payments_accrualstate"
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {tables}, payments_replaydue")


def _bare(number: int, places: dict[str, int]) -> float:
    """The same rows with nothing thought about: one statement a chunk, each its own transaction."""
    data = JournalEntry.objects.filter(kind="interest").latest("pk").data
    last: Any = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM payments_journalentry WHERE idempotency_key LIKE 'bare:%'")
        mark = cursor.fetchone()[0]
        statement = _BARE.replace("'bare:' || id", f"'bare:' || id || ':{mark}'")
        started = time.perf_counter()
        while last is not None:
            cursor.execute(statement, {"after": last, "size": QUIET_BATCH, "data": json.dumps(data), **places})
            last = cursor.fetchone()[0]
        return time.perf_counter() - started


def _settle_states() -> None:
    """The bare inserts touched every account; for the bench they count as seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_accrualstate s SET seen = a.xmin::text::bigint FROM accounts_account a"
            " WHERE a.id = s.account_id"
        )


def _plan_of_quiet(day: date) -> list[str]:
    values: dict[str, Any] = {"day": day, "stamp": quiet.stamp_of(read_rules()), "after": 0, "size": QUIET_BATCH}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {quiet._CHUNK}", values)
        return _shape([row[0] for row in cursor.fetchall()])


def _plan_of_due(day: date) -> list[str]:
    text = due_accounts(day, read_rules()).filter(pk__gt=0).order_by("pk").values_list("pk", flat=True)[:500].explain()
    return _shape(text.splitlines())


def _shape(lines: list[str]) -> list[str]:
    return [line.strip().removeprefix("->  ").split("  (")[0] for line in lines if "->" in line or "Scan" in line]
