"""A notice that cannot be applied yet is tried again after growing gaps, and at last given to a person."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet

from accounts.events import record_event
from common.clock import now
from payments.models import ProviderEvent

# After the n-th try that failed; about two days in all.
GAPS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)


def due_events() -> QuerySet[ProviderEvent]:
    """Stored, not applied, and their time has come; oldest first."""
    ready = Q(next_try_at=None) | Q(next_try_at__lte=now())
    return ProviderEvent.objects.filter(ready, outcome="received").order_by("pk")


def try_again_later(event: ProviderEvent, why: str) -> str:
    """Note that this try failed; returns the outcome. Two that fail at once count as one."""
    mine = ProviderEvent.objects.filter(pk=event.pk, outcome="received", tries=event.tries)
    if event.tries >= len(GAPS):
        if mine.update(outcome="needs_person", reason=f"could not be applied: {why}"[:200], applied_at=now()):
            record_event("payment.needs_person", source="notice", reason="notice not applied", notice=event.pk)
        return "needs_person"
    mine.update(tries=event.tries + 1, next_try_at=now() + GAPS[event.tries], reason=why[:200])
    return "received"
