"""What a change of a mandate means for money that is queued under it. Runs in the transaction of the change."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.events import record_event
from payments.debits.releasing import release
from payments.models import Attempt, Instalment, Plan
from payments.plans import cancel_plan
from payments.services.ending import close_unsent
from payments.services.locking import lock_chain
from wallets.models import Mandate
from wallets.signals import mandate_started, mandate_stopped

STOPPED = "mandate_stopped"


@receiver(mandate_started, dispatch_uid="payments.attach_plan")
def attach_plan(sender: Any, *, mandate: Mandate, **_: Any) -> None:
    """A plan that was there before gets its mandate only now that it is signed."""
    wanted = str(mandate.evidence.get("plan", ""))
    if not wanted.isdigit():
        return
    plans = Plan.objects.filter(pk=int(wanted), account_id=mandate.account_id, state__in=["active", "paused"])
    if plans.update(mandate=mandate):
        record_event("plan.mandate_added", account=mandate.account, plan=str(plans.get()), mandate=mandate.reference)


@receiver(mandate_stopped, dispatch_uid="payments.call_off_debits")
def call_off_debits(sender: Any, *, mandate: Mandate, before: str, **_: Any) -> None:
    """Nothing more goes out: unsent debits are closed, announced instalments wait again, unsigned plans end."""
    for attempt in Attempt.objects.filter(mandate=mandate, state="created").order_by("pk"):
        _account, _payment, locked = lock_chain(attempt.pk)
        if locked.state == "created":
            close_unsent(locked, STOPPED)
    for row in Instalment.objects.filter(plan__mandate=mandate, state="noticed").select_for_update():
        release(row, mandate.account, STOPPED)
    if before == "pending":
        for plan in Plan.objects.filter(mandate=mandate, state__in=["active", "paused"]):
            cancel_plan(plan, reason="the agreement was not signed")
