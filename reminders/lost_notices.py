"""Notices that were never planned, because the worker died between a commit and the words about it.

Each kind of news that the apps on the left announce after their commit (`payments.signals`, `wallets.signals`) is found
here again in the rows that commit wrote: what happened, and no message about it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Concat

from common.clock import now
from common.heartbeat import age
from common.money import Money
from payments.accrual.reading import MISPLACED
from payments.models import Attempt, JournalEntry, Payment, Plan, Posting, Refund, RetryDecision
from payments.retries.selectors import next_on, worth_telling
from payments.services.shares import OWN_BANK
from reminders import receivers
from reminders.models import Message
from wallets.models import Mandate

logger = logging.getLogger(__name__)

HEARTBEAT = "reminders.sweep"
# Long enough for the worker that is alive.
USUAL_DELAY = timedelta(minutes=2)
# Who looks every half minute need not look at a whole day each time. After a silence of these doors the day is looked
# at; and nobody is thanked today for what they paid the week before.
LOOK_BACK = timedelta(minutes=15)
SILENCE = timedelta(minutes=5)
STILL_NEWS = timedelta(days=1)


@dataclass(frozen=True)
class News:
    """`since(when, until)`: what happened then and was told to nobody. `tell`: what hearing of it would have done."""

    since: Callable[[datetime, datetime], QuerySet[Any]]
    tell: Callable[[Any], None]


def plan_lost_notices(batch: int = 200) -> int:
    """Do what hearing of it would have done; how many were lost. Safe to repeat.

    News that nobody can write about is logged, and does not keep what is behind it.
    """
    moment = now()
    silent = age(HEARTBEAT)
    since = moment - (STILL_NEWS if silent is None or silent > SILENCE else LOOK_BACK)
    return sum(_plan(news.since(since, moment - USUAL_DELAY), news.tell, batch) for news in NEWS)


def _plan(lost: QuerySet[Any], tell: Callable[[Any], None], batch: int) -> int:
    planned, last = 0, 0
    while rows := list(lost.filter(pk__gt=last).order_by("pk")[:batch]):
        last = rows[-1].pk
        planned += sum(_tell(tell, row) for row in rows)
    return planned


def _tell(tell: Callable[[Any], None], row: Any) -> bool:
    try:
        with transaction.atomic():
            tell(row)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("a lost notice could not be planned", extra={"model": row._meta.label, "row": row.pk})
        return False
    return True


def _told(*purposes: str, about: str, account: str, row: str = "pk") -> Exists:
    occasion = Concat(Value(f"{about}:"), Cast(OuterRef(row), CharField()))
    return Exists(Message.objects.filter(account=OuterRef(account), purpose__in=purposes, occasion=occasion))


def _payments(since: datetime, until: datetime) -> QuerySet[Payment]:
    recent = Payment.objects.filter(state="succeeded", finished_at__gt=since, finished_at__lte=until)
    thanked = _told("receipt", "debit_receipt", about="payment", account="account")
    return recent.filter(~thanked).select_related("account")


def _thank(payment: Payment) -> None:
    receivers.silence_and_thank(Payment, payments=[payment])


def _failed_debits(since: datetime, until: datetime) -> QuerySet[RetryDecision]:
    recent = worth_telling().filter(decided_at__gt=since, decided_at__lte=until)
    told = _told("debit_failed", "debit_stopped", about="attempt", account="attempt__payment__account", row="attempt")
    people = ("attempt__payment__account", "instalment__plan__account__debtor")
    return recent.filter(~told).select_related(*people)


def _say_failed(decision: RetryDecision) -> None:
    receivers.say_debit_failed(Attempt, attempt=decision.attempt, next_on=next_on(decision))


def _taken_back(since: datetime, until: datetime) -> QuerySet[JournalEntry]:
    """`minor`: as much as the account's own lines gave back, in debt and in surplus."""
    own = Posting.objects.filter(entry=OuterRef("pk"), account__isnull=False)
    sums = own.order_by().values("entry").annotate(minor=Sum("amount_minor"))
    recent = JournalEntry.objects.filter(recorded_at__gt=since, recorded_at__lte=until, kind__in=TAKEN_BACK)
    known = recent.annotate(of=Subquery(own.values("account")[:1]), minor=Subquery(sums.values("minor")))
    return known.filter(~_told("payment_reversed", "payment_misplaced", about="entry", account="of")).select_related(
        "reverses"
    )


def _say_taken_back(entry: Any) -> None:
    """Of a deposit's credit, which was our own doing, the attempt that the deposit was quoted for is told. A transfer
    to our own bank has none: its payment is what the reversed entry posted."""
    if entry.reverses and (transferred := Payment.objects.filter(entry=entry.reverses, source=OWN_BANK).first()):
        given: dict[str, Any] = {"amount": Money(entry.minor, transferred.currency), "occasion": f"entry:{entry.pk}"}
        receivers.say_taken_back(Payment, payment=transferred, misplaced=entry.kind == MISPLACED, **given)
        return
    number = entry.data.get("attempt") or entry.reverses.data["of_attempt"]
    attempt = Attempt.objects.select_related("payment__account").get(pk=number)
    receivers.say_taken_back(
        Payment, payment=attempt.payment, amount=Money(entry.minor, attempt.currency), occasion=f"entry:{entry.pk}"
    )


def _refunds(since: datetime, until: datetime) -> QuerySet[Refund]:
    """Those on their way are few, and each has been sent for as long as it is."""
    on_its_way = Q(state="pending", look_up_at__isnull=False, sent_at__lte=until, sent_at__gt=until - STILL_NEWS)
    sent = _told("refund_sent", about="refund", account="payment__account")
    done = _told("refund_done", about="refund", account="payment__account")
    arrived = Q(state="succeeded", finished_at__gt=since, finished_at__lte=until)
    return Refund.objects.filter((on_its_way & ~sent) | (arrived & ~done)).select_related("payment__account")


def _say_refund(refund: Refund) -> None:
    receivers.say_refund(Refund, refund=refund)


def _agreements(since: datetime, until: datetime) -> QuerySet[Mandate]:
    """The wallet may say days later when it was signed; when we heard of it is when it was asked about."""
    heard = Mandate.objects.filter(state__in=("active", "paused"), checked_at__gt=since)
    recent = heard.filter(signed_at__gt=F("checked_at") - STILL_NEWS, signed_at__lte=until)
    copied = _told("agreement_copy", about="mandate", account="account")
    confirmed = _told("plan_confirmed", about="plan", account="account")
    unconfirmed = Plan.objects.filter(~confirmed, mandate=OuterRef("pk"), state="active")
    return recent.filter(~copied | Exists(unconfirmed)).select_related("account")


def _send_copy(mandate: Mandate) -> None:
    receivers.send_copy(Mandate, mandate=mandate)


def _plans(since: datetime, until: datetime) -> QuerySet[Plan]:
    """Those that waited for no signature; one that did is told with its agreement."""
    agreed = Q(mandate=None) | Q(mandate__signed_at__lte=F("created_at"))
    recent = Plan.objects.filter(agreed, state="active", created_at__gt=since, created_at__lte=until)
    return recent.filter(~_told("plan_confirmed", about="plan", account="account")).select_related("account")


def _say_plan(plan: Plan) -> None:
    receivers.say_plan_agreed(Plan, plan=plan)


TAKEN_BACK = ("payment_reversal", MISPLACED, "dispute")
NEWS = (
    News(_payments, _thank),
    News(_failed_debits, _say_failed),
    News(_taken_back, _say_taken_back),
    News(_refunds, _say_refund),
    News(_agreements, _send_copy),
    News(_plans, _say_plan),
)
