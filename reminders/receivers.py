"""A payment silences reminders at once. A courtesy: the gate would stop them at sending anyway."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from payments.models import Payment
from payments.signals import payment_confirmed
from reminders.services import cancel_queued, plan_receipt


@receiver(payment_confirmed, dispatch_uid="reminders.payment_confirmed")
def silence_and_thank(sender: Any, *, payment: Payment, **_: Any) -> None:
    with transaction.atomic():
        cancel_queued(payment.account, reason="A payment arrived.")
        plan_receipt(payment)
