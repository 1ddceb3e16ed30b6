"""Planning reminders for a million accounts, against a bare INSERT .. SELECT of the same rows into the same table."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import connection, transaction

from accounts.models import Creditor, Portfolio
from bench.memory import Peak
from bench.people import law_and_schedule
from bench.result import Result
from common.clock import today
from reminders.services import plan_reminders

ACCOUNTS = 1_000_000
CREDITORS = 5
ROUNDS = 2  # plan and bare insert in turn, so that a busy moment of the machine touches both
COUNTRIES = "ARRAY['CN','TW','GB','KE','US']"
ZONES = "ARRAY['Asia/Shanghai','Asia/Taipei','Europe/London','Africa/Nairobi','America/Chicago']"

# Sealed columns hold a text of the usual length: planning never opens them.
_DEBTORS = f"""
    INSERT INTO accounts_debtor (id, creditor_id, creditor_reference, name, name_tokens, birth_year, country,
                                 time_zone, language, created_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, %(first)s + n %% {CREDITORS}, 'C' || n,
           repeat('x', 60), '{{}}', '', ({COUNTRIES})[1 + n %% {CREDITORS}], ({ZONES})[1 + n %% {CREDITORS}],
           'en', now()
    FROM generate_series(1, %(n)s) AS n
"""
_POINTS = """
    INSERT INTO accounts_contactpoint (id, debtor_id, kind, value, value_index, last_digits, position, condition,
                                       created_at)
    SELECT gen_random_uuid(), ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, kind, repeat('x', 70),
           md5(kind || n), '', 0, CASE WHEN n %% 50 = 0 THEN 'invalid' ELSE 'unknown' END, now()
    FROM generate_series(1, %(n)s) AS n, unnest(ARRAY['email', 'phone']) AS kind
"""
_ACCOUNTS = f"""
    INSERT INTO accounts_account (creditor_id, portfolio_id, debtor_id, creditor_reference, product, currency, status,
        due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor, costs_minor, reported_minor,
        quiet_reason, created_at)
    SELECT %(first)s + n %% {CREDITORS}, %(portfolio)s + n %% {CREDITORS},
           ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'A' || n, 'credit_card', 'EUR',
           CASE WHEN n %% 20 = 0 THEN 'paid' ELSE 'open' END, %(on)s - (1 + n %% 120), 5000, 5000, 5000, 0, 0, 0,
           ARRAY[5000, 0, 0, 0]::bigint[], '', now()
    FROM generate_series(1, %(n)s) AS n
"""
_REFUSALS = """
    INSERT INTO accounts_consent (debtor_id, channel, purpose, granted, evidence, recorded_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
           CASE WHEN n %% 2 = 0 THEN '*' ELSE 'email' END, 'collection', false, '{}', now()
    FROM generate_series(1, %(n)s, 101) AS n
"""
_HOLDS = """
    INSERT INTO accounts_hold (debtor_id, kind, blocks, reason, starts_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'dispute', '{contact}', '', now()
    FROM generate_series(1, %(n)s, 211) AS n
"""
_COLUMNS = (
    "account_id, debtor_id, step_id, purpose, occasion, channel, channels_left, due_at, state, reason, facts,"
    " attempts, subject, body, language, provider_reference, created_at"
)


def run(scale: float = 1.0) -> Result:
    """Fills the empty, throw-away database it is given with `scale` million accounts and plans them."""
    number = max(1_000, int(ACCOUNTS * scale))
    _fill(number)
    seconds = again = limit_seconds = 0.0
    planned = chunks = 0
    for _ in range(ROUNDS):
        with Peak() as memory:
            started = time.perf_counter()
            counts = plan_reminders(today())
            seconds += time.perf_counter() - started
        again += _timed(lambda: plan_reminders(today()))
        planned, chunks = planned + counts.planned, counts.chunks
        limit_seconds += _bare_insert()
    notes = {
        "accounts": number,
        "not_covered": counts.not_covered,
        "chunks": chunks,
        "same_day_again_seconds": round(again / ROUNDS, 2),
    }
    limit = "bare INSERT .. SELECT of the same rows into the same table"
    return Result("plan", planned, seconds, limit, planned / limit_seconds, notes=notes | memory.notes)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _fill(number: int) -> None:
    creditors = [
        Creditor.objects.create(name=f"Bench {n}", code=f"bench-{n}", country="GB", role="first_party_creditor")
        for n in range(CREDITORS)
    ]
    portfolios = [Portfolio.objects.create(creditor=row, name="Bench", placed_on=today()) for row in creditors]
    law_and_schedule()
    values = {"n": number, "first": creditors[0].pk, "portfolio": portfolios[0].pk, "on": today()}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_DEBTORS, _POINTS, _ACCOUNTS, _REFUSALS, _HOLDS):
            cursor.execute(statement, values)
    _maintain("accounts_debtor", "accounts_contactpoint", "accounts_account", "accounts_consent", "accounts_hold")


def _maintain(*tables: str) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _bare_insert() -> float:
    """The same rows from a plain table into the emptied messages table: the limit of any plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE planned AS SELECT {_COLUMNS} FROM reminders_message")
        cursor.execute("ANALYZE planned")
        cursor.execute("TRUNCATE reminders_message CASCADE")
        cursor.execute("CHECKPOINT")
        seconds = _timed(
            lambda: cursor.execute(f"INSERT INTO reminders_message ({_COLUMNS}) SELECT {_COLUMNS} FROM planned")
        )
        cursor.execute("DROP TABLE planned")
        cursor.execute("TRUNCATE reminders_message CASCADE")
        cursor.execute("CHECKPOINT")
    return seconds
