"""Once a day each open mandate is asked about: some run out without a word, some were never signed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from common.clock import now, today
from common.errors import PlatformError
from wallets.gateway import adapter, call
from wallets.models import Mandate
from wallets.providers.base import MandateResult, MandateState, Unsupported
from wallets.services.applying import apply_mandate_result
from wallets.services.ending import revoke_mandate

logger = logging.getLogger(__name__)

ASK_EVERY = timedelta(hours=24)
UNSIGNED_FOR = timedelta(hours=48)


def sweep_mandates(batch: int = 100) -> int:
    """Ask about the mandates nobody has asked about for a day; how many. Not inside a transaction.

    One that ran out ends here; one that nobody signed in two days is let go, with the plan that was made for it.
    """
    due = _claim(batch)
    for mandate in due:
        _look_at(mandate)
    return len(due)


@transaction.atomic(durable=True)
def _claim(batch: int) -> list[Mandate]:
    moment = now()
    stale = Q(checked_at=None, created_at__lte=moment - ASK_EVERY) | Q(checked_at__lte=moment - ASK_EVERY)
    waiting = Mandate.objects.filter(stale, state__in=["pending", "active", "paused"]).order_by("checked_at", "pk")
    rows = list(waiting.select_related("provider").select_for_update(skip_locked=True, of=("self",))[:batch])
    Mandate.objects.filter(pk__in=[row.pk for row in rows]).update(checked_at=moment)
    return rows


def _look_at(mandate: Mandate) -> None:
    try:
        wallet = adapter(mandate.provider)
        answer = call(wallet.get_mandate(mandate.provider_reference, mandate.merchant_reference), mandate.provider)
        apply_mandate_result(mandate.pk, answer, source="sweep")
    except Unsupported:
        """Then its last day is all we can go by."""
    except PlatformError as error:
        logger.warning("a mandate could not be asked about", extra={"mandate": mandate.pk, "code": error.code})
        return
    mandate.refresh_from_db()
    _end_by_date(mandate, now())


def _end_by_date(mandate: Mandate, moment: datetime) -> None:
    if mandate.state == "pending" and mandate.created_at + UNSIGNED_FOR <= moment:
        revoke_mandate(mandate, reason="not signed in time", source="system")
    if mandate.state in ("active", "paused") and mandate.valid_until and mandate.valid_until < today():
        apply_mandate_result(mandate.pk, MandateResult(state=MandateState.EXPIRED), source="its last day")
