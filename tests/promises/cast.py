"""Wang Fang owes Harbour Bank 1,250.00 CNY in Shanghai; Alice takes her promises, Lena is Alice's lead."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

from django.db import transaction

from common import clock
from common.clock import now, today
from common.models import ClockShift
from common.money import Money
from payments.models import Promise
from payments.promises import Part, take_promise
from payments.services.direct import record_direct_payment
from payments.services.locking import lock_payment
from payments.services.settling import announce
from payments.services.transfers import RECALLED, record_transfer, take_back_received

_numbers = count(1)


def in_days(days: int, zone: str = "Asia/Shanghai") -> date:
    return today(zone) + timedelta(days=days)


def promised(account, *parts: tuple[int, int], by=None, **more) -> Promise:
    """`parts`: (days ahead, minor units)."""
    zone = more.pop("zone", account.debtor.time_zone)
    said = [Part(in_days(days, zone), minor) for days, minor in parts or [(3, account.balance_minor)]]
    return take_promise(account, said, source=more.pop("source", "staff"), by=by, **more)


@transaction.atomic
def paid(account, minor: int, *, at=None):
    """A transfer, told to everybody as `payments.transfers` does."""
    reference, money = f"PTP-{next(_numbers)}", Money(minor, account.currency)
    payment = record_transfer(account, money, received_at=at or now(), bank_reference=reference)
    announce(payment)
    return payment


def paid_directly(account, minor: int, *, at=None):
    return record_direct_payment(
        account, Money(minor, account.currency), received_at=at or now(), external_reference=f"D-{next(_numbers)}"
    )


def move_to(moment) -> None:
    """The sandbox clock, for everybody."""
    ClockShift.advance(moment - now(), sandbox=True)
    clock.forget()


def state_of(promise: Promise) -> str:
    promise.refresh_from_db()
    return promise.state


def quiet_of(account):
    account.refresh_from_db()
    return account.quiet_until


@transaction.atomic
def take_back(payment) -> None:
    """The bank has the money again."""
    take_back_received(lock_payment(payment.pk), kind=RECALLED, by=None)
