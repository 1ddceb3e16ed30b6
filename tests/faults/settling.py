"""The workers' ticks by hand, until nothing is under way; then everything that must be true is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef

from accounts.models import Account
from common import clock
from common.clock import now
from common.models import ClockShift
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, Payment, ProviderEvent
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.plans import create_plan
from payments.services import apply_waiting_events, close_expired_attempts, look_up_due_attempts
from reminders.lost_notices import plan_lost_notices
from tests import factories
from tests.faults.invariants import unfinished, wrongs
from tests.payments.helpers import Wallet, balance, planned_debit, signed_mandate, tell_the_people

# The story goes from one moment at which something is due to the next; what never comes due is looked at ever more
# rarely, because the steps grow.
LONGEST_STORY, LONGEST_STEP = timedelta(days=4), timedelta(hours=6, minutes=30)
FIRST_STEP, GROWTH = timedelta(seconds=6), 1.5
BOOKS_READY_HOURS = 36


def tick() -> None:
    """What the beat asks of the workers, once."""
    apply_waiting_events()
    look_up_due_attempts()
    close_expired_attempts()
    debit_due_instalments()
    plan_lost_notices()


def settle(wallet: Wallet) -> None:
    for seconds in steps(FIRST_STEP):
        tick()
        if not (unfinished() or waiting()):
            return
        wallet.move_clock(seconds=seconds)


def steps(first: timedelta) -> Iterator[float]:
    """Seconds to the next moment at which something is due, and no fewer than the growing least."""
    ends, least = now() + LONGEST_STORY, first
    while now() < ends:
        step = max(next_due() - now() + timedelta(seconds=1), least)
        yield min(step, LONGEST_STEP).total_seconds()
        least = min(least * GROWTH, LONGEST_STEP)


def next_due() -> datetime:
    """The earliest moment to come at which a worker has something to do: a look-up, a lost claim, a debit, a notice."""
    open_attempts = Attempt.objects.filter(state__in=OPEN_ATTEMPT_STATES, needs_person=False)
    moments = [
        open_attempts.aggregate(at=Min("look_up_at"))["at"],
        open_attempts.filter(look_up_at=None).aggregate(at=Min("claimed_until"))["at"],
        Instalment.objects.filter(state="noticed").aggregate(at=Min("debit_not_before"))["at"],
        ProviderEvent.objects.filter(outcome="received").aggregate(at=Min("next_try_at"))["at"],
    ]
    return min((moment for moment in moments if moment), default=now())


def waiting() -> bool:
    """Whether a debit or a notice is due that nobody has begun with."""
    moment, open_payment = now(), Payment.objects.filter(instalment=OuterRef("pk"), state="open")
    due = Instalment.objects.filter(~Exists(open_payment), state="noticed", debit_not_before__lte=moment)
    return due.exists() or ProviderEvent.objects.filter(outcome="received", next_try_at=None).exists()


def sound(wallet: Wallet) -> bool:
    """Everything settles, the wallet's books of the day are read, and no promise is broken."""
    settle(wallet)
    wallet.move_clock(minutes=3)
    tick()
    wallet.move_clock(hours=BOOKS_READY_HOURS)
    found = wrongs(wallet.control)
    assert found == [], "\n".join(found)
    return True


def due_debits(wallet: Wallet, number: int) -> list[Account]:
    """So many accounts, each with 400.00 of its 1,250.00 that may be debited now."""
    wallet.start_the_day()
    accounts = [factories.account() for _each in range(number)]
    for account in accounts:
        planned_debit(account, wallet)
    come_due(wallet)
    return accounts


def last_debits(wallet: Wallet, number: int) -> list[Account]:
    """So many accounts that owe 400.00 and no more, which may be debited now: whatever is paid twice is too much."""
    wallet.start_the_day()
    accounts = [factories.account(balance_minor=40_000) for _each in range(number)]
    for account in accounts:
        mandate = signed_mandate(account, wallet)
        create_plan(account, parts=[(mandate.first_debit_on, 40_000)], mandate=mandate)
    come_due(wallet)
    return accounts


def come_due(wallet: Wallet) -> None:
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)


def all_debited(accounts: Iterable[Account]) -> bool:
    return all(balance(account) == 85_000 for account in accounts)


def set_back(wallet: Wallet, **step: float) -> None:
    """The machines' clocks are put right: to every process it is earlier than it was."""
    row = ClockShift.objects.get()
    row.ahead -= timedelta(**step)
    row.save()
    wallet.control.post("clock", offset_seconds=int(row.ahead.total_seconds()))
    clock.forget()
