"""People with telephones and messages that wait for them, in the middle of a working day of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Creditor, Portfolio, User
from common import clock
from common.clock import now, today
from common.crypto.cipher import seal_column
from common.models import ClockShift
from compliance.models import PolicyPack
from compliance.pack_register import SHIPPED, load_shipped, put_in_force, sign_off
from compliance.services import ensure_default_policies
from reminders.models import Step
from reminders.services import ensure_default_schedule, ensure_default_templates

COUNTRY, ZONE = "GB", "Europe/London"
FOLDERS = (SHIPPED, Path(__file__).resolve().parents[1] / "collections_platform" / "demo" / "packs")
OVERDUE = 25  # days: the step of the twenty-first day was due
_PEOPLE = """
    INSERT INTO accounts_debtor (id, creditor_id, creditor_reference, name, name_tokens, birth_year, country,
                                 time_zone, language, created_at)
    SELECT gen_random_uuid(), %(creditor)s, 'C' || n, '', '{}', '', %(country)s, %(zone)s, 'en', now()
    FROM generate_series(1, %(number)s) AS n RETURNING id
"""
_ACCOUNTS = """
    INSERT INTO accounts_account (creditor_id, portfolio_id, debtor_id, creditor_reference, product, currency, status,
        due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor, costs_minor, reported_minor,
        quiet_reason, created_at)
    SELECT %(creditor)s, %(portfolio)s, id, 'A' || n, 'credit_card', 'GBP', 'open', %(due)s, 5000, 5000, 5000, 0, 0, 0,
           '{}', '', now() - interval '30 days'
    FROM unnest(%(people)s::uuid[]) WITH ORDINALITY AS person(id, n) RETURNING id
"""
_POINTS = """
    INSERT INTO accounts_contactpoint (id, debtor_id, kind, value, value_index, last_digits, position, condition,
                                       created_at)
    SELECT id, debtor_id, 'phone', value, md5(value), '', 0, 'working', now()
    FROM unnest(%(ids)s::uuid[], %(people)s::uuid[], %(values)s::text[]) AS point(id, debtor_id, value)
"""
_MESSAGES = """
    INSERT INTO reminders_message (account_id, debtor_id, step_id, purpose, occasion, channel, channels_left, due_at,
        state, reason, facts, attempts, subject, body, language, provider_reference, created_at)
    SELECT a.id, a.debtor_id, %(step)s, %(purpose)s, a.due_date::text || ':+21' || CASE WHEN n > 1 THEN '#' || n ELSE ''
           END, 'sms', '{}', %(now)s, 'due', '', '{}', 0, '', '', '', '', %(now)s
    FROM accounts_account a, generate_series(1, %(each)s) AS n WHERE a.id = ANY (%(accounts)s) ORDER BY n, a.id
"""
TABLES = ("accounts_debtor", "accounts_account", "accounts_contactpoint", "reminders_message")


def working_day() -> None:
    """The sandbox clock at eleven of a Tuesday there, with the packs of the place in force."""
    moment = now().astimezone(ZoneInfo(ZONE))
    day = moment.date() + timedelta(days=1 + (0 - moment.weekday()) % 7)  # the day after a Monday to come
    ahead = datetime.combine(day, time(11), ZoneInfo(ZONE)) - moment
    ClockShift.advance(ahead, sandbox=True)
    clock.forget()
    ensure_default_templates()
    law_and_schedule()


def law_and_schedule() -> None:
    """Every pack there is in force, the house's policies, and the schedule of a fresh installation."""
    ensure_default_policies()
    ensure_default_schedule()
    for folder in FOLDERS:
        load_shipped(folder)
    for row in PolicyPack.objects.filter(state="draft"):
        put_in_force(sign_off(row, by=_login("compliance"), note="For the bench."), by=_login("admin"))


def _login(role: str) -> User:
    return User.objects.get_or_create(email=f"{role}@bench.example", defaults={"role": role, "name": role})[0]


def accounts_of(number: int) -> list[int]:
    """Overdue accounts of so many people of a new creditor, each with a telephone."""
    name = f"bench-{Creditor.objects.count()}"
    creditor = Creditor.objects.create(name=name, code=name, country=COUNTRY, role="first_party_creditor")
    portfolio = Portfolio.objects.create(creditor=creditor, name="Bench", placed_on=today())
    values: dict[str, Any] = {
        "creditor": creditor.pk, "portfolio": portfolio.pk, "number": number, "country": COUNTRY, "zone": ZONE,
        "due": today() - timedelta(days=OVERDUE),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, values)
        people = [row for (row,) in cursor.fetchall()]
        cursor.execute(_ACCOUNTS, values | {"people": people})
        accounts = [row for (row,) in cursor.fetchall()]
        _telephones(cursor, people)
    return accounts


def _telephones(cursor: Any, people: Sequence[UUID]) -> None:
    ids = [UUID(int=person.int ^ 1) for person in people]
    numbers = [f"+44790000{n:04d}" for n in range(len(people))]
    sealed = seal_column("accounts_contactpoint", "value", numbers, ids)
    cursor.execute(_POINTS, {"ids": ids, "people": list(people), "values": sealed})


def queue_reminders(accounts: Sequence[int], *, each: int = 1) -> None:
    """So many reminders for each account, due now."""
    step = Step.objects.get(schedule=ensure_default_schedule(), offset_days=21)
    values = {"step": step.pk, "purpose": step.template_key, "now": now(), "each": each, "accounts": list(accounts)}
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, values)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
