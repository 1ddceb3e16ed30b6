"""The workers' ticks by hand, until nothing is under way; then everything that must be true is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef

from accounts.models import Account
from common import clock
from common.clock import now
from common.models import ClockShift
from payments.debits import debit_due_instalments
from payments.models import Instalment, Payment, ProviderEvent
from payments.plans import create_plan
from payments.services import apply_waiting_events, close_expired_attempts, look_up_due_attempts
from reminders.lost_receipts import plan_lost_receipts
from tests import factories
from tests.faults.invariants import unfinished, wrongs
from tests.payments.helpers import Wallet, balance, planned_debit, signed_mandate, tell_the_people

# Minutes between ticks: leases and waits of minutes first, then the long rungs of the ladders.
STEPS = (*[3] * 6, *[12] * 4, *[65] * 8, *[6 * 65] * 12)
BOOKS_READY_HOURS = 36


def tick() -> None:
    """What the beat asks of the workers, once."""
    apply_waiting_events()
    look_up_due_attempts()
    close_expired_attempts()
    debit_due_instalments()
    plan_lost_receipts()


def settle(wallet: Wallet) -> None:
    for minutes in STEPS:
        tick()
        if not (unfinished() or waiting()):
            return
        wallet.move_clock(minutes=minutes)


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
