"""The notice before a debit: the instalment is marked, the record says so, and the reminders app sends the words."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from payments.debits.announcing import announce_to_wallets, wanting_notice
from payments.debits.calendar import debit_from, notice_from, possibly_due_for_notice, zone_of
from payments.models import Instalment
from payments.services.checks import debit_holds
from wallets.models import Provider


def notice_due_debits(batch: int = 500) -> int:
    """Mark the instalments whose debit is near as noticed; returns how many. Not inside a transaction.

    `reminders` reads instalments in state noticed, sends the message and reports it by `mark_noticed`; until then,
    and until the shortest notice has passed after it, there is no debit.
    """
    moment = now()
    wanting = wanting_notice(Provider.objects.taking_money())
    silent = Q(plan__mandate__provider__in=wanting, announced_at=None)
    free = Q(debit_not_before=None) | Q(debit_not_before__lte=moment)
    near = _near(moment)
    announce_to_wallets(near.exclude(_note_holds(near)).filter(silent, free), batch)
    return len(_notice(batch, silent))


@transaction.atomic(durable=True)
def _notice(batch: int, silent: Q) -> list[Instalment]:
    """`silent`: what the wallet has not been told of yet; nobody else is, either."""
    moment = now()
    held = _note_holds(_near(moment))
    near = _near(moment).exclude(held).exclude(silent).order_by("due_on", "pk")
    wanted = list(near.values_list("plan__account_id", flat=True)[:batch])
    locked = Account.objects.filter(pk__in=wanted).order_by("pk").select_for_update(skip_locked=True, of=("self",))
    accounts = {account.pk: account for account in locked.select_related("debtor")}
    rows = near.filter(plan__account__in=accounts).select_related("plan__mandate__provider")[:batch]
    return [row for row in rows if _mark(row, accounts[row.plan.account_id], moment)]


def _near(moment: datetime) -> QuerySet[Instalment]:
    latest = possibly_due_for_notice(moment)
    return Instalment.objects.filter(
        Q(retry_on=None) | Q(retry_on__lte=latest),
        state="scheduled",
        due_on__lte=latest,
        plan__state="active",
        plan__mandate__state="active",
        plan__mandate__provider__in=Provider.objects.taking_money(),
        plan__account__status="open",
    )


def _note_holds(near: QuerySet[Instalment]) -> Exists:
    """Instalments on hold wait unannounced, and say so; they must not crowd the others out of the batch."""
    on_account = Q(account=OuterRef("plan__account")) | Q(account=None)
    held = Exists(debit_holds().filter(on_account, debtor=OuterRef("plan__account__debtor")))
    waiting = near.filter(held).exclude(last_reason="on_hold").values("pk")
    Instalment.objects.filter(pk__in=waiting).update(last_reason="on_hold")
    return held


def _mark(row: Instalment, account: Account, moment: datetime) -> bool:
    zone = zone_of(account.debtor)
    if notice_from(row.debit_on, zone) > moment:
        return False
    minor = row.still_to_take(account)
    row.state, row.noticed_at, row.notice_sent_at, row.last_reason = "noticed", moment, None, ""
    row.debit_not_before = debit_from(row.debit_on, zone, moment)
    row.announced_minor = min(minor, row.announced_minor or minor)
    row.save(
        update_fields=[
            "state",
            "noticed_at",
            "notice_sent_at",
            "debit_not_before",
            "announced_minor",
            "last_reason",
        ]
    )
    record_event(
        "debit.noticed",
        account=account,
        instalment=row.number,
        plan=str(row.plan),
        amount_minor=row.announced_minor,
        currency=account.currency,
        debit_not_before=row.debit_not_before.isoformat(),
    )
    return True
