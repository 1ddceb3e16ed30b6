"""Breaking many promises at once: those whose day is over and for which nothing came need nobody to count."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from accounts.events import new_event, record_events
from accounts.models import Account
from common.clock import now
from payments.models import Payment, Promise, PromisePart
from payments.promises.counting import NO_MONEY
from payments.promises.quiet import end_peace_of
from payments.promises.taking import PROMISED, peace_of, said_of
from payments.signals import promise_over

logger = logging.getLogger(__name__)

BATCH = 500


def break_unpaid(batch: int = BATCH) -> int:
    """How many were broken. Those that cannot be, or that somebody holds, are left to who judges one by one."""
    broken = 0
    while some := _break_some(batch):
        broken += some
    return broken


def _break_some(batch: int) -> int:
    try:
        with transaction.atomic():
            return _broken(batch)
    except Exception:
        logger.exception("promises could not be broken together")
        return 0


def _broken(batch: int) -> int:
    """A dozen statements, however many. Under the accounts' locks no money comes between the look and the verdict."""
    wanted = list(_over_and_unpaid().order_by("judge_at", "pk").values_list("account_id", flat=True)[:batch])
    accounts = Account.objects.filter(pk__in=wanted).order_by("pk")
    held = list(accounts.select_for_update(skip_locked=True).values_list("pk", flat=True))
    rows = _over_and_unpaid().filter(account__in=held).select_related("account__debtor", "account__creditor")
    broken = list(rows.order_by("pk").select_for_update(of=("self",)))
    if not broken:
        return 0
    Promise.objects.filter(pk__in=[row.pk for row in broken]).update(
        state="broken", paid_minor=0, judge_at=None, changed_at=now()
    )
    for row in broken:
        row.state, row.paid_minor = "broken", 0
    record_events([new_event("promise.broken", account=row.account, before="open", **said_of(row)) for row in broken])
    end_peace_of([row.account_id for row in broken], reason=PROMISED)
    promise_over.send(sender=Promise, until={row.account_id: peace_of(row) for row in broken})
    return len(broken)


def _over_and_unpaid() -> QuerySet[Promise]:
    """Whose first part is missed by more than the tolerance because nothing at all came since it was taken."""
    came = Payment.objects.filter(account=OuterRef("account"), entry__recorded_at__gte=OuterRef("taken_at"))
    first = PromisePart.objects.filter(promise=OuterRef("pk")).order_by("due_on").values("amount_minor")[:1]
    due = Promise.objects.filter(judge_at__lte=now(), state="open", account__balance_minor__gt=0)
    return due.alias(first=Subquery(first)).filter(
        ~Exists(came.exclude(state__in=NO_MONEY)), first__gt=F("tolerance_minor")
    )
