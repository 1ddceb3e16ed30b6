"""When the next decent hour begins, for each place that people are in and each channel: a table the plan joins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Creditor
from compliance.facts import policies_around
from compliance.gate import Action, Facts, Kind, Policy, evaluate
from compliance.zones import candidate_zones, national_holidays
from reminders.channels.sms_policy import sms_allowed
from reminders.models import CHANNELS

_DISTINCT = "SELECT DISTINCT creditor_id, country, time_zone FROM accounts_debtor"


@dataclass(frozen=True, slots=True)
class Slot:
    """An approximation for whole groups: the gate decides about each person when the message is sent."""

    creditor_id: int
    country: str
    time_zone: str
    sms_allowed: bool
    due_at: dict[str, datetime]


def slots(at: datetime) -> list[Slot]:
    roles = dict(Creditor.objects.values_list("id", "role"))
    policies = policies_around(at)
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT)
        places = cursor.fetchall()
    return [
        Slot(
            creditor_id,
            country,
            time_zone,
            sms_allowed(roles[creditor_id], country),
            {key: _next_hour(key, (creditor_id, country, time_zone), policies, at) for key, _ in CHANNELS},
        )
        for creditor_id, country, time_zone in places
    ]


def _next_hour(channel: str, place: tuple[int, str, str], policies: list[Policy], at: datetime) -> datetime:
    creditor_id, country, time_zone = place
    facts = Facts(
        account_status="open",
        balance_minor=1,
        country=country,
        zones=candidate_zones(time_zone, phones=(), country=country),
        creditor_id=creditor_id,
        consent=True,
        holidays=national_holidays(country, at.date() - timedelta(days=1), days=30),
    )
    verdict = evaluate(Action("plan", channel), facts, policies, at)
    return verdict.until if verdict.kind is Kind.DEFER and verdict.until else at
