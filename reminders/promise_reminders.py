"""A friendly word the day before a promised day.

It asks for money, so it answers to every rule a reminder answers to; only the peace that the promise itself brought is
no obstacle. Where nothing may go that day it may still go on the promised day, and after that it is of no use.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from accounts.models import Account
from common.clock import now, today
from common.money import Money
from payments.models import Promise, PromisePart, QuietPeriod
from payments.promises.counting import parts_of, standing_now
from payments.promises.days import day_there, local_day, today_there
from payments.promises.taking import PROMISED
from reminders.models import Message
from reminders.queue import new_message, queue_messages
from reminders.rendering.variables import Fact

PURPOSE = "promise_reminder"
BATCH = 500
A_DAY = timedelta(days=1)


def plan_promise_reminders(batch: int = BATCH) -> int:
    """Queue those of today by each person's own clock; how many were new. Running it again adds nothing."""
    planned, last = 0, 0
    while parts := list(_due_tomorrow().filter(pk__gt=last).order_by("pk")[:batch]):
        last = parts[-1].pk
        messages = [_reminder(part) for part in parts if rest_of(part.promise, part.due_on)]
        queue_messages(messages)
        planned += len(messages)
    return planned


def _due_tomorrow() -> QuerySet[PromisePart]:
    """Of promises said before today: who said "tomorrow" an hour ago has not forgotten it."""
    around = (today(), today() + 2 * A_DAY)  # nobody's day is more than one away from ours
    parts = PromisePart.objects.filter(due_on__range=around, promise__state="open", promise__account__status="open")
    occasion = Concat(
        Value("promise:"), Cast(OuterRef("promise_id"), CharField()), Value(":"), Cast(OuterRef("due_on"), CharField())
    )
    account = OuterRef("promise__account")
    told = Message.objects.filter(account=account, purpose=PURPOSE, occasion=occasion)
    other_peace = QuietPeriod.objects.filter(account=account, until__gt=now()).exclude(reason=PROMISED)
    found = parts.alias(here=today_there(account="promise__account")).filter(due_on=F("here") + A_DAY)
    said = day_there(F("promise__taken_at"), account="promise__account")
    earlier = found.alias(said=said).filter(said__lt=F("here"))
    return earlier.filter(~Exists(told), ~Exists(other_peace)).select_related("promise__account__debtor")


def _reminder(part: PromisePart) -> Message:
    facts = {"promise": part.promise_id, "day": part.due_on.isoformat()}
    occasion = f"promise:{part.promise_id}:{part.due_on}"
    return new_message(part.promise.account, purpose=PURPOSE, occasion=occasion, facts=facts)


def rest_of(promise: Promise, day: date) -> Money:
    """What has not come, by the ledger, of all that is promised by `day`."""
    parts = zip(parts_of(promise), standing_now(promise).paid, strict=True)
    missing = sum(part.minor - came for part, came in parts if part.day <= day)
    return Money(max(0, min(missing, promise.account.balance_minor)), promise.currency)


def moved_on(message: Message) -> str:
    """Why this word is of no use any more, or ""."""
    promise, day = _of(message)
    if promise.state != "open":
        return "The promise is over or was changed."
    if local_day(promise.account, now()) > day:
        return "The promised day is over."
    if not rest_of(promise, day):
        return "What was promised has come."
    other = QuietPeriod.objects.filter(account=promise.account_id, until__gt=now()).exclude(reason=PROMISED)
    if other.exists():
        return "The account is to be left in peace for another reason."
    return ""


def about_promise(message: Message, account: Account) -> dict[str, Fact]:
    promise, day = _of(message)
    return {"amount": rest_of(promise, day), "balance": account.balance, "due_date": day}


def _of(message: Message) -> tuple[Promise, date]:
    promise = Promise.objects.select_related("account__debtor").get(pk=message.facts["promise"])
    return promise, date.fromisoformat(message.facts["day"])
