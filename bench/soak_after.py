"""After the storm: the workers do what is due, and what the wallets repeat is heard."""

from __future__ import annotations

import time

from payments.debits import debit_due_instalments
from payments.services import apply_waiting_events, close_expired_attempts, look_up_due_attempts
from reminders.lost_notices import plan_lost_notices
from tests.payments.helpers import tell_the_people
from wallets.services import tell_providers_of_endings

LAST_NOTICE_SECONDS = 10
TASKS = (
    apply_waiting_events,
    look_up_due_attempts,
    close_expired_attempts,
    plan_lost_notices,
    tell_the_people,
)


def work_off(ends: float) -> None:
    """All that is due now; no longer than until `ends`, by the monotonic clock."""
    for work in TASKS:
        while work() and time.monotonic() < ends:
            continue
    tell_providers_of_endings()
    plan_lost_notices()
    while debit_due_instalments().sent and time.monotonic() < ends:
        continue


def hear_the_last() -> None:
    """Notices that were refused on the way come again after hours, one after the other."""
    heard = time.monotonic()
    while time.monotonic() - heard < LAST_NOTICE_SECONDS:
        if apply_waiting_events():
            heard = time.monotonic()
        time.sleep(0.2)
