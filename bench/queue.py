"""The agents' desk at a million accounts: the round that works the list out, its first page, and "give me the next".

`n` and `rate` are of "give me the next"; the limit is one committed row of the same table, written as bare as can be.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import RequestFactory

from accounts.models import Creditor, Portfolio, User
from accounts.views.work import work_list
from accounts.work_items import CHUNK, follow_record, go_on_with_round, refresh
from accounts.work_leases import take_next
from accounts.work_list import in_list, items_of
from bench.people import law_and_schedule
from bench.plan import _ACCOUNTS, _DEBTORS, _HOLDS, ACCOUNTS, CREDITORS, _maintain
from bench.result import Result
from common.clock import today

TURNS = 300
PAGES = 60
_NAMELESS = _DEBTORS.replace("repeat('x', 60)", "''")
# One in seven is left in peace and one in three was reached, from the start: changes afterwards are kept in a history.
_MORE = "quiet_reason, created_at, quiet_until, last_contact_at)"
_KNOWN = _ACCOUNTS.replace("quiet_reason, created_at)", _MORE).replace(
    "'', now()",
    "'', now(), CASE WHEN n %% 7 = 0 THEN now() + interval '3 days' END,"
    " CASE WHEN n %% 3 = 0 THEN now() - interval '20 days' END",
)
_LINKS = """
    INSERT INTO payments_paymentlink (account_id, token_hash, language, opened_count, expires_at,
        first_opened_at, created_at)
    SELECT id, md5(id::text) || md5(id::text), '', 1, now() + interval '9 days', now() - interval '1 day', now()
    FROM accounts_account WHERE id %% 20 = 3
"""
_PLANS = """
    INSERT INTO payments_plan (account_id, state, currency, total_minor, created_at)
    SELECT id, 'active', 'EUR', 1000, now() FROM accounts_account WHERE id %% 25 = 4
"""
_PARTS = """
    INSERT INTO payments_instalment (plan_id, number, due_on, amount_minor, paid_minor, state, notice_round,
        announced_minor, attempts_used, last_reason)
    SELECT id, 1, current_date - 3, 1000, 0, 'missed', 0, 0, 0, '' FROM payments_plan
"""
_AGENTS = 40


def run(scale: float = 1.0) -> Result:
    number = max(1_000, int(ACCOUNTS * scale))
    _fill(number)
    round_seconds = _timed(_whole_round)
    _maintain("accounts_workitem")
    agents = [User.objects.create(email=f"a{n}@bench.example", name=f"Agent {n}", role="agent") for n in range(_AGENTS)]
    took = [_timed(lambda agent=agent: take_next(agent, items_of(agent))) for agent in agents]  # type: ignore[misc]
    took = [
        _timed(lambda turn=turn: take_next(agents[turn % _AGENTS], items_of(agents[0])))  # type: ignore[misc]
        for turn in range(TURNS)
    ]
    pages = [_timed(lambda: _page(agents[0], "")) for _ in range(PAGES)]
    narrowed = [_timed(lambda: _page(agents[0], "show=overdue&age=31-60")) for _ in range(PAGES // 3)]
    notes = {
        "accounts": number,
        "to_work": items_of(agents[0]).filter(in_list("work")).count(),
        "round_seconds": round(round_seconds, 1),
        "chunk": CHUNK,
        "one_account_ms": _ms(statistics.median(_timed(lambda: refresh([number // 2])) for _ in range(9))),
        "next_p50_ms": _ms(statistics.median(took)),
        "next_p95_ms": _ms(_p95(took)),
        "page_p50_ms": _ms(statistics.median(pages)),
        "page_p95_ms": _ms(_p95(pages)),
        "narrowed_page_p95_ms": _ms(_p95(narrowed)),
    }
    limit = _bare()
    return Result("queue", TURNS, sum(took), "one lease row written bare", limit, notes=notes)


def _whole_round() -> None:
    follow_record()
    while go_on_with_round():
        pass


def _page(agent: User, query: str) -> None:
    request = RequestFactory().get(f"/?{query}")
    request.user = agent
    request.session = {}  # type: ignore[assignment]
    assert work_list(request).status_code == 200


def _bare() -> float:
    agent = get_user_model().objects.order_by("pk").last()
    statement = (
        "INSERT INTO accounts_worklease (account_id, agent_id, taken_at, until) VALUES (%s, %s, now(), now())"
        " ON CONFLICT (account_id) DO UPDATE SET until = excluded.until"
    )
    started = time.perf_counter()
    for turn in range(TURNS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [1 + turn, agent.pk if agent else None])
    return TURNS / (time.perf_counter() - started)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _fill(number: int) -> None:
    creditors = [
        Creditor.objects.create(name=f"Bench {n}", code=f"bench-{n}", country="GB", role="first_party_creditor")
        for n in range(CREDITORS)
    ]
    portfolios = [Portfolio.objects.create(creditor=row, name="Bench", placed_on=today()) for row in creditors]
    law_and_schedule()
    values = {"n": number, "first": creditors[0].pk, "portfolio": portfolios[0].pk, "on": today()}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_NAMELESS, _KNOWN, _HOLDS, _LINKS, _PLANS, _PARTS):
            cursor.execute(statement, values)
    tables = ("debtor", "account", "hold")
    _maintain(*(f"accounts_{name}" for name in tables))
    _maintain("payments_paymentlink", "payments_plan", "payments_instalment")
