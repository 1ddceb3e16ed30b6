"""Telling people before money is taken: one notice for each instalment that will be debited soon."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from common.clock import now, today
from payments.models import Instalment
from reminders.models import Message

NOTICE_DAYS = 3
CHANNELS_IN_ORDER = ["email", "sms", "in_app"]


@transaction.atomic
def plan_debit_notices() -> int:
    """Create the missing notices for instalments due within three days under a live mandate; how many were new.

    The instalment counts as noticed only when the message was really sent, see `reminders.dispatch.settle`.
    """
    soon = Instalment.objects.filter(
        state="scheduled",
        noticed_at__isnull=True,
        due_on__lte=today() + timedelta(days=NOTICE_DAYS),
        plan__state="active",
        plan__mandate__state="active",
        plan__account__balance_minor__gt=0,
    )
    rows = {_occasion(row): row for row in soon.select_related("plan__account")}
    told = Message.objects.filter(purpose="pre_debit_notice", occasion__in=list(rows))
    for occasion in told.values_list("occasion", flat=True):
        del rows[occasion]
    return len(Message.objects.bulk_create([_notice(row) for row in rows.values()], ignore_conflicts=True))


def _occasion(instalment: Instalment) -> str:
    """The day belongs to it: a debit that was moved is told again."""
    return f"instalment:{instalment.pk}:{instalment.due_on}"


def _notice(instalment: Instalment) -> Message:
    account = instalment.plan.account
    return Message(
        account=account,
        debtor_id=account.debtor_id,
        purpose="pre_debit_notice",
        occasion=_occasion(instalment),
        channel=CHANNELS_IN_ORDER[0],
        channels_left=CHANNELS_IN_ORDER[1:],
        facts={"instalment": instalment.pk},
        due_at=now(),
    )
