"""What a person's own words lead to, whether they wrote or were on the phone: time in peace, a number set aside."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account, ContactPoint, Debtor, User
from common.errors import Conflict, InvalidInput
from compliance.gate import PURPOSES
from payments.promises import Part, quiet, take_promise
from payments.promises.taking import PROMISED
from reminders.calls.queueing import cancel_waiting
from reminders.models import Message

LONGEST_PROMISE = timedelta(days=31)  # what goes beyond a person agrees
TIME_TO_ARRIVE = timedelta(days=5)  # a payment somebody says they made
SAYS_PAID = "Says that it is paid: time to see whether it arrives."
CALL_LATER = "Asked to be called then."


def leave_in_peace(account_id: int, *, until: datetime, reason: str) -> None:
    """No reminder before `until`; a longer peace stands. Call it in the transaction of what was said."""
    quiet.leave_in_peace(Account.objects.select_for_update().get(pk=account_id), until=until, reason=reason)


def note_promise(account: Account, day: date, *, until: datetime, source: str, by: User | None = None) -> bool:
    """All that is owed, by that day. Peace until then either way; False when the limits leave it to a person."""
    try:
        with transaction.atomic():
            take_promise(account, [Part(day, account.balance_minor)], source=source, by=by)
    except (InvalidInput, Conflict):
        leave_in_peace(account.pk, until=until, reason=PROMISED)
        return False
    return True


def set_aside(point: ContactPoint, *, account: Account | None) -> bool:
    """The number or address is somebody else's: it is not used again. False when it was set aside before."""
    if point.condition == "invalid":
        return False
    point.condition = "invalid"
    point.save(update_fields=["condition"])
    record_event(
        "contact.wrong_person", account=account, debtor=point.debtor, creditor=point.debtor.creditor, source="debtor",
        contact=str(point.pk),
    )  # fmt: skip
    return True


def _kept_reason() -> str:
    return "The person wrote to us: somebody reads it first."


def wait_for_a_reader(debtor: Debtor) -> None:
    """Reminders under way to this person were planned before they spoke."""
    waiting = Message.objects.filter(debtor=debtor, state="due").exclude(purpose__in=list(PURPOSES))
    waiting.update(state="cancelled", reason=_kept_reason(), claimed_until=None)
    cancel_waiting(_kept_reason(), debtor=debtor)
