"""One day's statement against a ledger of a year, beside the same day against a small one and a bare join in SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from accounts.models import Account, Creditor, Debtor, Portfolio
from bench.result import Result
from common.clock import now, today
from common.money import Money
from payments.ledger import ledger_account
from payments.models import Expectation, LedgerReading, ReconciliationItem, StatementLine, StatementRun
from payments.reconciliation.running import settle, settle_provider
from wallets.models import Provider
from wallets.providers import base
from wallets.providers.base import EventKind

ENTRIES = 1_000_000
LINES = 5_000
ACCOUNTS = 1_000
CHUNK = 50_000
OWN_NUMBERS = 10**12
ROUNDS = 3  # the best of so many days, for the machine is shared
KEY, CURRENCY, MINOR, FEE = "alipay", "CNY", 10_000, 60
TABLES = ("payment", "attempt", "journalentry", "posting", "expectation", "statementline", "statementrun")

_SERIES = "generate_series(%(first)s, %(last)s) AS n"
_AT = "%(begins)s::timestamptz + %(span)s * ((n - %(zero)s) / %(count)s::float8)"
_MONEY = f"""
    INSERT INTO payments_payment (id, account_id, state, amount_minor, currency, source, request_key, entry_id,
                                  created_at, finished_at)
    SELECT n, %(account)s + n %% {ACCOUNTS}, 'succeeded', {MINOR}, '{CURRENCY}', 'debit', '', n, {_AT}, {_AT}
    FROM {_SERIES};
    INSERT INTO payments_attempt (id, payment_id, provider_id, merchant_reference, provider_reference, state,
        amount_minor, currency, decline_code, decline_category, reason, save_method, needs_person, look_ups,
        created_at, finished_at)
    SELECT n, n, %(provider)s, 'BENCH' || n, 'T' || n, 'succeeded', {MINOR}, '{CURRENCY}', '', '', '', false, false,
           0, {_AT}, {_AT}
    FROM {_SERIES};
    INSERT INTO payments_journalentry (id, kind, creditor_id, idempotency_key, effective_at, recorded_at, data)
    SELECT n, 'payment', %(creditor)s, 'attempt:' || n, {_AT}, {_AT}, jsonb_build_object('attempt', n)
    FROM {_SERIES};
    INSERT INTO payments_posting (id, entry_id, ledger_account_id, account_id, component, amount_minor, currency)
    SELECT 4 * n + side, n, (%(chart)s)[side + 1], CASE WHEN side = 0 THEN %(account)s + n %% {ACCOUNTS} END,
           CASE WHEN side = 0 THEN 'principal' ELSE '' END,
           CASE WHEN side IN (0, 3) THEN -{MINOR} ELSE {MINOR} END, '{CURRENCY}'
    FROM {_SERIES}, generate_series(0, 3) AS side;
"""
_MATCHED = f"""
    INSERT INTO payments_statementrun (id, provider_id, day, state, content_hash, lines_read, tries, problem,
                                       next_try_at, read_at)
    SELECT min(n), %(provider)s, ({_AT})::date, 'read', '', count(*), 1, '', now(), now() FROM {_SERIES}
    GROUP BY ({_AT})::date ON CONFLICT DO NOTHING;
    INSERT INTO payments_statementline (id, provider_id, run_id, key, kind, merchant_reference, provider_reference,
        refund_reference, amount_minor, currency, fee_minor, fee_currency, booked_at, group_key, state, creditor_id,
        attempt_id, fee_entry_id)
    SELECT n, %(provider)s, r.id, md5('bench' || n), 'payment', 'BENCH' || n, 'T' || n, '', {MINOR}, '{CURRENCY}',
           {FEE}, '{CURRENCY}', {_AT}, 'in:BENCH' || n, 'matched', %(creditor)s, n, n
    FROM {_SERIES} JOIN payments_statementrun r ON r.provider_id = %(provider)s AND r.day = ({_AT})::date;
    INSERT INTO payments_expectation (id, provider_id, posting_id, entry_id, creditor_id, attempt_id, group_key,
                                      amount_minor, currency, expected_at, state)
    SELECT n, %(provider)s, 4 * n + 2, n, %(creditor)s, n, 'in:BENCH' || n, {MINOR}, '{CURRENCY}', {_AT}, 'matched'
    FROM {_SERIES};
"""
# The lines joined with what was posted for them, and nothing else: no record, no state, no fee.
_BARE = """
    WITH lines AS (SELECT * FROM unnest(%(references)s::text[], %(amounts)s::bigint[]) AS line (reference, minor))
    SELECT count(*) FILTER (WHERE l.minor = p.amount_minor)
    FROM lines l
    JOIN payments_attempt a ON a.provider_id = %(provider)s AND a.merchant_reference = l.reference
    JOIN payments_journalentry e ON e.idempotency_key = 'attempt:' || a.id
    JOIN payments_posting p ON p.entry_id = e.id AND p.ledger_account_id = %(clearing)s
"""


@dataclass
class Ground:
    provider: Provider
    creditor: Creditor
    account: int
    chart: list[int]
    made: int = 0

    def money(self, count: int, *, begins: datetime, span: timedelta, matched: bool) -> tuple[int, int]:
        """`count` payments through all tables, evenly over the span; returns their first and last number."""
        zero, last = self.made + 1, self.made + count
        given: dict[str, Any] = {
            "provider": self.provider.pk, "creditor": self.creditor.pk, "account": self.account, "chart": self.chart,
            "begins": begins, "span": span, "zero": zero, "count": count,
        }  # fmt: skip
        for first in range(zero, last + 1, CHUNK):
            bounds = {"first": first, "last": min(first + CHUNK - 1, last)}
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in (_MONEY + (_MATCHED if matched else "")).split(";")[:-1]:
                    cursor.execute(statement, given | bounds)
        self.made = last
        return zero, last


def run(scale: float) -> Result:
    ground = _prepare()
    history = max(int(ENTRIES * scale), LINES)
    day = today() - timedelta(days=400)
    small = _days(ground, day, history=LINES)
    large = _days(ground, day + timedelta(days=20), history=history)
    whole = _timed(lambda: _read_whole(ground.provider))
    assert not ReconciliationItem.objects.exists(), "a generated day did not match"
    assert not Expectation.objects.exclude(state="matched").exists()
    return Result(
        job="reconcile",
        n=LINES,
        seconds=large.best,
        limit="the day's lines joined with their postings in one statement",
        limit_rate=LINES / large.bare,
        notes={
            "ledger_entries": ground.made,
            "rate_small_ledger": round(LINES / small.best),
            "small_ledger_entries": LINES * 2,
            "large_to_small": round(small.best / large.best, 3),
            "whole_ledger_read_seconds": round(whole, 2),
        },
    )


@dataclass(frozen=True)
class Days:
    best: float
    bare: float


def _days(ground: Ground, first: date, *, history: int) -> Days:
    """A history is written and matched, then days with a statement each are settled one after the other."""
    span = timedelta(days=min(365, max(history // LINES, 1)))
    begins = _midnight(first)
    ground.money(history, begins=begins, span=span, matched=True)
    _tidy()
    taken, bare = [], []
    for number in range(ROUNDS):
        opens = begins + span + timedelta(days=number)
        numbers = ground.money(LINES, begins=opens, span=timedelta(days=1), matched=False)
        _tidy(analyse=False)
        LedgerReading.objects.update_or_create(
            provider=ground.provider, defaults={"read_at": opens, "read_whole_at": now() - timedelta(days=2)}
        )
        lines = [_line(n, opens) for n in range(numbers[0], numbers[1] + 1)]
        run = StatementRun.objects.create(provider=ground.provider, day=opens.date())
        bare.append(_timed(lambda lines=lines: _join(ground, lines)))
        taken.append(_timed(lambda run=run, lines=lines: settle(run, ground.provider, lines)))
        matched = StatementLine.objects.filter(run=run, state="matched").count()
        assert matched == LINES, f"{matched} of {LINES} lines matched"
    return Days(min(taken), min(bare))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _line(number: int, opens: datetime) -> base.StatementLine:
    return base.StatementLine(
        kind=EventKind.PAYMENT,
        merchant_ref=f"BENCH{number}",
        provider_ref=f"T{number}",
        amount=Money(MINOR, CURRENCY),
        fee=Money(FEE, CURRENCY),
        booked_at=opens + timedelta(hours=12),
    )


def _join(ground: Ground, lines: list[base.StatementLine]) -> None:
    given: dict[str, Any] = {
        "references": [line.merchant_ref for line in lines],
        "amounts": [line.amount.minor for line in lines],
        "provider": ground.provider.pk,
        "clearing": ground.chart[2],
    }
    with connection.cursor() as cursor:
        cursor.execute(_BARE, given)
        assert cursor.fetchone()[0] == len(lines)


def _read_whole(provider: Provider) -> None:
    LedgerReading.objects.filter(provider=provider).update(read_whole_at=None)
    settle_provider(provider)


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _tidy(*, analyse: bool = True) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            key = f"pg_get_serial_sequence('payments_{table}', 'id')"
            # What the platform writes itself is numbered far beyond what is generated.
            cursor.execute(f"SELECT setval({key}, (SELECT greatest(max(id), {OWN_NUMBERS}) FROM payments_{table}))")
            if analyse:
                cursor.execute(f"VACUUM ANALYZE payments_{table}")


def _prepare() -> Ground:
    creditor = Creditor.objects.create(name="Bench Bank", code="bench", country="CN")
    portfolio = Portfolio.objects.create(creditor=creditor, name="Bench", placed_on=today())
    debtor = Debtor.objects.create(
        creditor=creditor, creditor_reference="C1", name="Wang Fang", country="CN", time_zone="Asia/Shanghai"
    )
    same = {"creditor": creditor, "portfolio": portfolio, "debtor": debtor, "product": "loan", "currency": CURRENCY}
    rows = [
        Account(**same, creditor_reference=f"A{number}", due_date=today(), placed_minor=MINOR, balance_minor=0)
        for number in range(ACCOUNTS)
    ]
    accounts = Account.objects.bulk_create(rows)
    provider = Provider.objects.create(key=KEY, name="Alipay", status="vetted", currencies=[CURRENCY])
    kinds = (("receivable", ""), ("placed", ""), ("clearing", KEY), ("payable", ""))
    chart = [
        ledger_account(kind, creditor_id=creditor.pk, currency=CURRENCY, qualifier=qualifier).pk
        for kind, qualifier in kinds
    ]
    return Ground(provider, creditor, accounts[0].pk, chart)
