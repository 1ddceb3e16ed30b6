"""The debtor's own day for the next try: any that the wallet, the agreement and the notice allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.models import RetryDecision
from payments.retries.deciding import LOOK_AHEAD
from payments.retries.gathering import Case, gather
from payments.retries.selectors import planned_retry
from payments.services.locking import lock_account

WANTED_AT = time(12)
MOST_OFFERED = 14


def days_to_choose(decision: RetryDecision) -> list[tuple[date, datetime]]:
    """The coming days on which this debit may be tried, each with the moment it would be; the planned one included."""
    cases = gather([decision.attempt], now(), decided=True)
    return list(_days(cases[0]))[:MOST_OFFERED] if cases else []


def _days(case: Case) -> Iterator[tuple[date, datetime]]:
    situation = case.situation
    calendar = situation.told if case.row.state == "noticed" else situation.anew
    if calendar is None:
        return
    today = calendar.day(situation.at)
    for ahead in range(1, LOOK_AHEAD + 1):
        day = today + timedelta(days=ahead)
        moment = calendar.first(calendar.at(day, WANTED_AT))
        if moment is None:
            return
        free = situation.budget.free_at
        if calendar.day(moment) == day and not (free and moment < free):
            yield day, moment


@transaction.atomic
def move_retry(account: Account, day: date) -> RetryDecision:
    """Put the next try of this account on another day. Raises `Conflict` when there is none any more."""
    lock_account(account.pk)
    decision = planned_retry(account)
    if decision is None or decision.next_at is None or decision.instalment.payments.filter(state="open").exists():
        raise Conflict(_("There is no payment left whose day could be changed."))
    moment = dict(days_to_choose(decision)).get(day)
    if moment is None:
        raise InvalidInput(_("Choose one of the days on the page."), field="day")
    row, before = decision.instalment, decision.next_at
    if row.state == "noticed":
        row.debit_not_before = moment
    row.retry_on = day
    row.save(update_fields=["debit_not_before", "retry_on"])
    decision.next_at = moment
    decision.because = [*decision.because, {"code": "chosen", "before": before.isoformat()}]
    decision.save(update_fields=["next_at", "because"])
    record_event("instalment.retry_moved", account=account, source="debtor", number=row.number, at=moment.isoformat())
    return decision
