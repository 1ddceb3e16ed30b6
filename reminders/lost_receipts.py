"""Receipts that were never planned, because the worker died between the money's commit and the words about it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from common.clock import now
from payments.models import Payment
from reminders.models import Message
from reminders.services import cancel_queued, plan_receipts

RECEIPTS = ("receipt", "debit_receipt")
# Long enough for the worker that is alive; and nobody is thanked today for what they paid the week before.
USUAL_DELAY = timedelta(minutes=2)
STILL_NEWS = timedelta(days=1)


def plan_lost_receipts(batch: int = 200) -> int:
    """Do what hearing of the payment would have done; how many were lost. Safe to repeat."""
    moment = now()
    occasion = Concat(Value("payment:"), Cast(OuterRef("pk"), CharField()))
    thanked = Message.objects.filter(account=OuterRef("account"), purpose__in=RECEIPTS, occasion=occasion)
    recent = Payment.objects.filter(
        state="succeeded", finished_at__gt=moment - STILL_NEWS, finished_at__lte=moment - USUAL_DELAY
    )
    lost = list(recent.filter(~Exists(thanked)).select_related("account").order_by("pk")[:batch])
    for payment in lost:
        with transaction.atomic():
            cancel_queued(payment.account, reason="A payment arrived.")
            plan_receipts([payment])
    return len(lost)
