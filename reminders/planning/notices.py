"""Telling people before money is taken: one notice for each instalment that payments is about to debit."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Account
from common.clock import now
from payments.models import Instalment
from reminders.models import Message

CHANNELS_IN_ORDER = ["email", "sms", "in_app"]
BATCH = 500


@transaction.atomic
def plan_debit_notices(batch: int = BATCH) -> int:
    """Create the missing notices for instalments in state noticed; how many were new.

    From then on the instalment counts as not noticed, and payments refuses its debit, until the message has really
    been sent: see `reminders.dispatch.notices`. Accounts are locked first, as payments does.
    """
    rows = {occasion_of(row): row for row in _announced(batch)}
    told = Message.objects.filter(purpose="pre_debit_notice", occasion__in=list(rows))
    for occasion in told.values_list("occasion", flat=True):
        del rows[occasion]
    Message.objects.bulk_create([_notice(row) for row in rows.values()])
    Instalment.objects.filter(pk__in=[row.pk for row in rows.values()]).update(noticed_at=None)
    return len(rows)


def _announced(batch: int) -> list[Instalment]:
    live = Instalment.objects.filter(
        state="noticed", noticed_at__isnull=False, plan__state="active", plan__mandate__state="active"
    )
    accounts = Account.objects.filter(plans__instalments__in=live).order_by("pk").distinct()
    free = Account.objects.filter(pk__in=list(accounts.values_list("pk", flat=True)[:batch])).order_by("pk")
    held = list(free.select_for_update(skip_locked=True, of=("self",), no_key=True))
    return list(live.filter(plan__account__in=held).select_related("plan__account"))


def occasion_of(instalment: Instalment) -> str:
    """The day belongs to it: a debit that was moved is told again, and so is one that was called off meanwhile."""
    again = f":{instalment.notice_round}" if instalment.notice_round else ""
    return f"instalment:{instalment.pk}:{instalment.debit_on}{again}"


def _notice(instalment: Instalment) -> Message:
    account = instalment.plan.account
    return Message(
        priority=0,
        account=account,
        debtor_id=account.debtor_id,
        purpose="pre_debit_notice",
        occasion=occasion_of(instalment),
        channel=CHANNELS_IN_ORDER[0],
        channels_left=CHANNELS_IN_ORDER[1:],
        facts={"instalment": instalment.pk},
        due_at=now(),
    )
