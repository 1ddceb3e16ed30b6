"""Telling providers to forget wallets that were saved while paying and have been removed; repeated until they agree."""

from __future__ import annotations

import logging

from django.db.models import F

from accounts.events import record_event
from common.clock import now
from common.errors import PlatformError
from wallets.gateway import adapter, call
from wallets.models import PaymentMethod
from wallets.providers.base import MandateState
from wallets.services.ending import TELL_AGAIN_AFTER

logger = logging.getLogger(__name__)

REASON = "the debtor removed the wallet"
# After so many tries that failed somebody has to look; the machine goes on trying.
TRIES_ALONE = 4


def tell_providers_of_removals(batch: int = 50) -> int:
    """Detach removed wallets at their providers; how many are gone there now. Not inside a transaction."""
    due = PaymentMethod.objects.filter(detach_due_at__lte=now()).select_related("provider", "debtor__creditor")
    return sum(_detach(method) for method in list(due.order_by("detach_due_at")[:batch]))


def _detach(method: PaymentMethod) -> bool:
    if not _claim(method):
        return False
    gone = _is_gone(method)
    if gone:
        _forget(method)
    elif method.detach_tries + 1 == TRIES_ALONE:
        _record("wallet.detach_failed", method)
    return gone


def _claim(method: PaymentMethod) -> bool:
    wait = TELL_AGAIN_AFTER[min(method.detach_tries, len(TELL_AGAIN_AFTER) - 1)]
    mine = PaymentMethod.objects.filter(pk=method.pk, detach_due_at=method.detach_due_at)
    return bool(mine.update(detach_due_at=now() + wait, detach_tries=F("detach_tries") + 1))


def _is_gone(method: PaymentMethod) -> bool:
    """An answer that is lost counts as no: detaching twice is harmless, believing it once too early is not."""
    try:
        result = call(adapter(method.provider).revoke_mandate(method.token, REASON), method.provider)
    except PlatformError as error:
        logger.warning("provider not told of a removed wallet", extra={"method": str(method.pk), "code": error.code})
        return False
    return result.state is MandateState.REVOKED


def _forget(method: PaymentMethod) -> None:
    method.refresh_from_db(fields=["detach_due_at", "detach_tries"])
    method.detach_due_at, method.token = None, ""
    method.save(update_fields=["detach_due_at", "token", "token_index"])
    _record("wallet.detached", method)


def _record(kind: str, method: PaymentMethod) -> None:
    record_event(
        kind,
        debtor=method.debtor,
        creditor=method.debtor.creditor,
        source="system",
        provider=method.provider.key,
    )
