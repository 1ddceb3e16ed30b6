"""Receipts that were never planned, because the worker died between the money's commit and the words about it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from common.clock import now
from common.heartbeat import age
from payments.models import Payment
from reminders.models import Message
from reminders.services import cancel_queued, plan_receipts

logger = logging.getLogger(__name__)

RECEIPTS = ("receipt", "debit_receipt")
HEARTBEAT = "reminders.sweep"
# Long enough for the worker that is alive.
USUAL_DELAY = timedelta(minutes=2)
# Who looks every half minute need not look at a whole day each time. After a silence of these doors the day is looked
# at; and nobody is thanked today for what they paid the week before.
LOOK_BACK = timedelta(minutes=15)
SILENCE = timedelta(minutes=5)
STILL_NEWS = timedelta(days=1)


def plan_lost_receipts(batch: int = 200) -> int:
    """Do what hearing of the payment would have done; how many were lost. Safe to repeat.

    A payment that nobody can write about is logged, and does not keep those behind it.
    """
    recent, planned, last = _unthanked(now()), 0, 0
    while lost := list(recent.filter(pk__gt=last)[:batch]):
        last = lost[-1].pk
        planned += sum(_thank(payment) for payment in lost)
    return planned


def _unthanked(moment: datetime) -> QuerySet[Payment]:
    silent = age(HEARTBEAT)
    since = STILL_NEWS if silent is None or silent > SILENCE else LOOK_BACK
    occasion = Concat(Value("payment:"), Cast(OuterRef("pk"), CharField()))
    thanked = Message.objects.filter(account=OuterRef("account"), purpose__in=RECEIPTS, occasion=occasion)
    recent = Payment.objects.filter(
        state="succeeded", finished_at__gt=moment - since, finished_at__lte=moment - USUAL_DELAY
    )
    return recent.filter(~Exists(thanked)).select_related("account").order_by("pk")


def _thank(payment: Payment) -> bool:
    try:
        with transaction.atomic():
            cancel_queued(payment.account, reason="A payment arrived.")
            plan_receipts([payment])
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("a lost receipt could not be planned", extra={"payment": payment.pk})
        return False
    return True
