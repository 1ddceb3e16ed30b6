"""What reminders do on hearing of a payment or of a debit agreement.

The silence after a payment is a courtesy: the gate would stop the messages at sending anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.models import Account
from common.clock import now
from common.money import Money
from compliance.gate import PURPOSES
from payments.models import Attempt, Payment, Plan, Refund
from payments.signals import (
    account_ended,
    debit_failed,
    payment_confirmed,
    payment_taken_back,
    plan_agreed,
    promise_over,
    promise_taken,
    refund_moved,
)
from reminders.calls.queueing import cancel_waiting
from reminders.models import Message
from reminders.plan_words import BY_HAND
from reminders.queue import queue_message
from reminders.services import cancel_queued, plan_receipts
from wallets.models import Mandate
from wallets.signals import mandate_confirmed, mandate_end_in_wallet, mandate_stopped


@receiver(payment_confirmed, dispatch_uid="reminders.payment_confirmed")
def silence_and_thank(sender: Any, *, payments: Sequence[Payment], **_: Any) -> None:
    with transaction.atomic():
        cancel_queued(*(payment.account for payment in payments), reason="A payment arrived.")
        plan_receipts(payments)


@receiver(mandate_confirmed, dispatch_uid="reminders.mandate_confirmed")
def send_copy(sender: Any, *, mandate: Mandate, **_: Any) -> None:
    """Who signs an agreement gets its words to keep, and the plan it pays is agreed with it."""
    queue_message(
        mandate.account, purpose="agreement_copy", occasion=f"mandate:{mandate.pk}", facts={"mandate": mandate.pk}
    )
    for plan in mandate.plans.filter(state="active").select_related("account"):
        say_plan_agreed(Plan, plan=plan)


@receiver(plan_agreed, dispatch_uid="reminders.plan_agreed")
def say_plan_agreed(sender: Any, *, plan: Plan, **_: Any) -> None:
    """What was agreed, once for each plan: how many parts, the first one, and from which wallet or by hand."""
    by_hand = {} if plan.mandate_id else {"text": BY_HAND}
    queue_message(
        plan.account, purpose="plan_confirmed", occasion=f"plan:{plan.pk}", facts={"plan": plan.pk, **by_hand}
    )


@receiver(mandate_stopped, dispatch_uid="reminders.mandate_stopped")
def withdraw_notices(sender: Any, *, mandate: Mandate, **_: Any) -> None:
    """A debit that was called off is not announced any more, nor its next try. In the transaction of the change."""
    announced = ("pre_debit_notice", "debit_failed", "plan_confirmed")
    waiting = Message.objects.filter(account=mandate.account, purpose__in=announced, state="due")
    waiting.update(state="cancelled", reason="The debit agreement was paused or ended.", claimed_until=None)


@receiver(payment_taken_back, dispatch_uid="reminders.payment_taken_back")
def say_taken_back(
    sender: Any, *, payment: Payment, amount: Money, occasion: str, misplaced: bool = False, **_: Any
) -> None:
    """The person learns that a payment no longer counts, and that nothing is asked of them by machine."""
    purpose = "payment_misplaced" if misplaced else "payment_reversed"
    with transaction.atomic():
        cancel_queued(payment.account, reason="A payment was taken back.")
        facts = {"payment": payment.pk, "amount_minor": amount.minor}
        queue_message(payment.account, purpose=purpose, occasion=occasion, facts=facts)


@receiver(debit_failed, dispatch_uid="reminders.debit_failed")
def say_debit_failed(sender: Any, *, attempt: Attempt, next_on: date | None, **_: Any) -> None:
    """Nothing was taken, and what happens next: another try on a day, or nothing by itself."""
    facts = {"attempt": attempt.pk} | ({"next_on": next_on.isoformat()} if next_on else {})
    queue_message(
        attempt.payment.account,
        purpose="debit_failed" if next_on else "debit_stopped",
        occasion=f"attempt:{attempt.pk}",
        facts=facts,
    )


@receiver(refund_moved, dispatch_uid="reminders.refund_moved")
def say_refund(sender: Any, *, refund: Refund, **_: Any) -> None:
    purpose = {"pending": "refund_sent", "succeeded": "refund_done"}.get(refund.state)
    if purpose:
        queue_message(
            refund.payment.account, purpose=purpose, occasion=f"refund:{refund.pk}", facts={"refund": refund.pk}
        )


@receiver(mandate_end_in_wallet, dispatch_uid="reminders.mandate_end_in_wallet")
def say_end_in_wallet(sender: Any, *, mandate: Mandate, **_: Any) -> None:
    """We debit nothing more; the wallet goes on by itself until its owner ends it there."""
    queue_message(
        mandate.account, purpose="end_in_wallet", occasion=f"mandate:{mandate.pk}", facts={"mandate": mandate.pk}
    )


def _demands(account: Account | int) -> Any:
    return Message.objects.filter(account=account, state="due").exclude(purpose__in=list(PURPOSES))


@receiver(promise_taken, dispatch_uid="reminders.promise_taken")
def wait_for_promise(sender: Any, *, account: Account, until: datetime, **_: Any) -> None:
    """Who promised is not asked before the day: what is queued waits, and nobody calls."""
    _demands(account).filter(due_at__lt=until).update(due_at=until, claimed_until=None)
    cancel_waiting("The person promised to pay.", account=account)


@receiver(promise_over, dispatch_uid="reminders.promise_over")
def go_on_after_promise(sender: Any, *, until: Mapping[int, datetime], **_: Any) -> None:
    """What waited for a promise that is no more goes on; whether and when it may is decided at sending, as ever."""
    moment = now()
    for account_id, upto in until.items():
        if upto > moment:
            _demands(account_id).filter(due_at=upto).update(due_at=moment)


@receiver(account_ended, dispatch_uid="reminders.account_ended")
def stop_asking(sender: Any, *, account: Account, **_: Any) -> None:
    """Nothing is asked for or announced any more and nobody calls. What tells of their own payments still goes out."""
    cancel_queued(account, reason="The account is not collected any more.")
    announced = [name for name, purpose in PURPOSES.items() if purpose.needs_debt] + ["pre_debit_notice"]
    waiting = Message.objects.filter(account=account, state="due", purpose__in=announced)
    waiting.update(state="cancelled", reason="The account is not collected any more.", claimed_until=None)
