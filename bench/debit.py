"""Auto-debit from due instalments to the ledger, through real adapters, at 200 ms of the wallet's latency.

One worker process debits thousands of instalments that are due and announced; the wallet has a process of its own.
The limit is Little's law: as many debits a second as there are in flight, divided by the latency.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from bench.result import Result
from common.crypto.cipher import seal_column

LATENCY = 0.2
SECONDS = 10  # so long the worker would be busy at the limit
LEAST = 500
# Wallet, its currency, in flight, and HTTP calls for each debit: Alipay is asked about the agreement first.
ROUNDS = (("paypal", "USD", 200, 1), ("paypal", "USD", 500, 1), ("alipay", "CNY", 200, 2))
MINOR, INSTALMENTS = 2_500, 4
LIMIT = "in flight / latency of the calls"
_FILL = """
    WITH person AS (
        INSERT INTO accounts_debtor (id, creditor_id, creditor_reference, name, name_tokens, birth_year, country,
                                     time_zone, language, created_at)
        SELECT gen_random_uuid(), %(creditor)s, 'C' || n, '', '{}', '', 'GB', 'Europe/London', 'en', now()
        FROM generate_series(1, %(number)s) AS n RETURNING id, creditor_reference
    ), account AS (
        INSERT INTO accounts_account (creditor_id, portfolio_id, debtor_id, creditor_reference, product, currency,
            status, due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor, costs_minor,
            reported_minor, quiet_reason, created_at)
        SELECT %(creditor)s, %(portfolio)s, id, 'A' || creditor_reference, 'credit_card', %(currency)s, 'open',
               %(today)s - 60, %(total)s, %(total)s, %(total)s, 0, 0, 0, '{}', '', now()
        FROM person RETURNING id
    ), mandate AS (
        INSERT INTO wallets_mandate (account_id, provider_id, merchant_reference, provider_reference,
            provider_reference_index, state,
            state_reason, paused_by, currency, cap_minor, period, period_unit, first_debit_on, terms_version,
            terms_text, evidence, signed_at, revoke_tries, created_at)
        SELECT id, %(provider)s, 'M' || id, '', '', 'active', '', '', %(currency)s, %(minor)s, 30, 'day', %(today)s,
               '1', 'terms', '{"agreed_at": "x", "ip": "x", "user_agent": "x"}', now(), 0, now()
        FROM account RETURNING id, account_id
    ), plan AS (
        INSERT INTO payments_plan (account_id, mandate_id, state, currency, total_minor, created_at)
        SELECT account_id, id, 'active', %(currency)s, %(total)s, now() FROM mandate RETURNING id
    )
    INSERT INTO payments_instalment (plan_id, number, due_on, amount_minor, paid_minor, state, noticed_at,
        notice_sent_at, debit_not_before, notice_round, attempts_used, last_reason)
    SELECT id, n, %(today)s + 30 * (n - 1), %(minor)s, 0, CASE WHEN n = 1 THEN 'noticed' ELSE 'scheduled' END,
           CASE WHEN n = 1 THEN now() - interval '3 days' END, CASE WHEN n = 1 THEN now() - interval '3 days' END,
           CASE WHEN n = 1 THEN now() - interval '1 hour' END, 0, 0, ''
    FROM plan, generate_series(1, %(parts)s) AS n
"""
_NUMBER = """
    UPDATE wallets_mandate SET provider_reference = given.number
    FROM unnest(%s::bigint[], %s::text[]) AS given(id, number) WHERE wallets_mandate.id = given.id
"""
# From the tenth of the debits to the nine tenths: neither the start nor the tail.
_STEADY = """
    SELECT count(*), extract(epoch FROM max(at) - min(at)) FROM (
        SELECT finished_at AS at, percent_rank() OVER (ORDER BY finished_at) AS rank
        FROM payments_attempt WHERE provider_id = %s AND state = 'succeeded' AND payment_id > %s
    ) settled WHERE rank BETWEEN 0.1 AND 0.9
"""
_BOOKS = """
    SELECT count(*) FILTER (WHERE a.state = 'succeeded'), count(*) FILTER (WHERE p.state = 'open'), count(e.id),
           coalesce(sum(a.amount_minor) FILTER (WHERE e.id IS NOT NULL), 0), count(i.id) FILTER (WHERE i.state = 'paid')
    FROM payments_attempt a JOIN payments_payment p ON p.id = a.payment_id
    JOIN payments_instalment i ON i.id = p.instalment_id LEFT JOIN payments_journalentry e ON e.id = p.entry_id
    WHERE a.payment_id > %s
"""


def run(scale: float = 1.0) -> list[Result]:
    """`BENCH_DEBIT=0` (or `0,2`) runs single rounds."""
    chosen = os.environ.get("BENCH_DEBIT", "0,1,2")
    return [_round(*ROUNDS[int(number)], scale=scale) for number in chosen.split(",")]


def _round(key: str, currency: str, in_flight: int, calls: int, *, scale: float) -> Result:
    limit = in_flight / (LATENCY * calls)
    number = max(LEAST, int(limit * SECONDS * scale))
    with _wallets() as url:
        provider = _fill(key, currency, number)
        first = _one("SELECT coalesce(max(id), 0) FROM payments_payment", [])[0]
        idle = _at_wallet(url)["cpu_seconds"]
        worker = _worker(url, in_flight)
        at_wallet = _at_wallet(url)
    steady, seconds = _one(_STEADY, [provider, first])
    settled, still_open, entries, minor, paid = _one(_BOOKS, [first])
    kept = (settled, entries, paid, at_wallet["debits"], minor) == (*(number,) * 4, at_wallet["minor"])
    if still_open or not kept or at_wallet["asked_twice"]:
        raise RuntimeError(f"The books differ: {(number, settled, entries, paid, still_open, minor, at_wallet)}")
    at_work = round((at_wallet["cpu_seconds"] - idle) * 1000 / number, 3)
    notes = {"provider": key, "in_flight": in_flight, "calls_each": calls, **worker, "wallet_cpu_ms_per_debit": at_work}
    return Result("debit", int(steady), float(seconds), LIMIT, limit, notes={**notes, "debits": number})


def _at_wallet(url: str) -> dict[str, Any]:
    return json.load(urllib.request.urlopen(f"{url}/books", timeout=10))


def _one(statement: str, values: list[Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _fill(key: str, currency: str, number: int) -> int:
    """Due and announced instalments of so many accounts of a new creditor; the provider's row."""
    from accounts.models import Creditor, Portfolio
    from common.clock import today
    from wallets.models import Provider

    name = f"bench-{time.monotonic_ns()}"
    creditor = Creditor.objects.create(name=name, code=name[:40], country="GB", role="first_party_creditor")
    portfolio = Portfolio.objects.create(creditor=creditor, name="Bench", placed_on=today())
    provider, _ = Provider.objects.update_or_create(
        key=key, defaults={"name": key, "status": "vetted", "currencies": [currency], "merchant": ""}
    )
    values: dict[str, Any] = {
        "number": number, "creditor": creditor.pk, "portfolio": portfolio.pk, "provider": provider.pk,
        "currency": currency, "minor": MINOR, "total": MINOR * INSTALMENTS, "parts": INSTALMENTS,
        "today": today() - timedelta(days=1) if key == "paypal" else today("Asia/Shanghai"),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FILL, values)
        _number_agreements(cursor, provider.pk)
        for table in ("accounts_account", "wallets_mandate", "payments_plan", "payments_instalment"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return provider.pk


def _number_agreements(cursor: CursorWrapper, provider: int) -> None:
    """The wallet's numbers are kept sealed, each for its row."""
    cursor.execute("SELECT id, account_id FROM wallets_mandate WHERE provider_id = %s", [provider])
    found = cursor.fetchall()
    keys = [key for key, _account in found]
    sealed = seal_column("wallets_mandate", "provider_reference", [f"W{account}" for _key, account in found], keys)
    cursor.execute(_NUMBER, [keys, sealed])


def _worker(url: str, in_flight: int) -> dict[str, Any]:
    ours, theirs = multiprocessing.Pipe()
    where = {"database": connection.settings_dict["NAME"], "secrets": str(settings.SECRETS_DIR), "url": url}
    connection.close()
    with _process(_work, theirs, where, in_flight):
        return ours.recv()


def _work(parent: Connection, where: dict[str, str], in_flight: int) -> None:
    """A worker as Celery runs it, with one task in its life."""
    os.environ["SANDBOX"] = "1"
    import django

    django.setup()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = where["database"]
    settings.SECRETS_DIR, settings.WALLET_SANDBOX_URL = Path(where["secrets"]), where["url"]
    settings.DEBITS_IN_FLIGHT = in_flight
    from payments.debits import debit_due_instalments

    began, cpu = time.perf_counter(), time.process_time()
    run = _profiled(debit_due_instalments) if os.environ.get("BENCH_PROFILE") else debit_due_instalments()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    parent.send(
        {
            "whole_run_seconds": round(wall, 2),
            "worker_cpu_ms_per_debit": round(cpu * 1000 / max(run.settled, 1), 3),
            "worker_cores": round(cpu / wall, 2),
            "worker_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )


def _profiled(work: Any) -> Any:
    """`BENCH_PROFILE=file`: where the database's thread spends its time."""
    import cProfile

    profile = cProfile.Profile()
    try:
        return profile.runcall(work)
    finally:
        profile.dump_stats(os.environ["BENCH_PROFILE"])


@contextmanager
def _wallets() -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    with _process(_serve, theirs, str(settings.SECRETS_DIR)):
        yield f"http://127.0.0.1:{ours.recv()}"


def _serve(parent: Connection, secrets_dir: str) -> None:
    import django

    django.setup()
    from bench.lean_wallets import serve

    asyncio.run(serve(Path(secrets_dir), LATENCY, parent.send))


@contextmanager
def _process(work: Any, *given: Any) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=work, args=given, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()
