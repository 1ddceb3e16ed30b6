"""Ending a mandate: on our side at once, then told to the provider until it agrees."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now, today
from common.errors import PlatformError
from wallets.gateway import adapter, call
from wallets.models import MANDATE_STATES, Mandate
from wallets.providers.base import Capability, MandateState
from wallets.signals import tell_end_in_wallet, tell_stopped

logger = logging.getLogger(__name__)

# After so many tries that failed somebody has to look; the machine goes on trying.
TRIES_ALONE = 4
TELL_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


@transaction.atomic
def revoke_mandate(mandate: Mandate, *, by: User | None = None, reason: str, source: str = "") -> bool:
    """End the mandate on our side now (nothing is debited from this moment); the provider is told by a task.

    `by=None` is the debtor, unless `source` names another. False when it had ended before.
    """
    account = Account.objects.select_for_update().get(pk=mandate.account_id)
    row = Mandate.objects.select_for_update(of=("self",)).select_related("provider").get(pk=mandate.pk)
    row.account = account
    if row.state in MANDATE_STATES.final:
        return False
    before, row.state, row.state_reason, row.paused_by = row.state, "revoked", reason[:200], ""
    row.ended_at = now()
    row.revoke_due_at = None if row.shares_its_wallet else row.ended_at
    row.save(update_fields=["state", "state_reason", "paused_by", "ended_at", "revoke_due_at"])
    record_event(
        "mandate.revoked",
        account=account,
        actor=by,
        source=source or ("user" if by else "debtor"),
        mandate=row.reference,
        reason=reason,
    )
    tell_stopped(row, before=before)
    mandate.refresh_from_db()
    return True


def tell_providers_of_endings(batch: int = 50) -> int:
    """Tell providers of mandates that ended here; repeated until they agree. Not inside a transaction."""
    due = (
        Mandate.objects.filter(revoke_due_at__lte=now()).select_related("provider", "account").order_by("revoke_due_at")
    )
    return sum(_tell_provider(mandate) for mandate in list(due[:batch]))


def _tell_provider(mandate: Mandate) -> bool:
    wait = TELL_AGAIN_AFTER[min(mandate.revoke_tries, len(TELL_AGAIN_AFTER) - 1)]
    claimed = Mandate.objects.filter(pk=mandate.pk, revoke_due_at=mandate.revoke_due_at).update(
        revoke_due_at=now() + wait, revoke_tries=mandate.revoke_tries + 1
    )
    if not claimed:
        return False
    ended = _agrees(mandate)
    if ended:
        Mandate.objects.filter(pk=mandate.pk).update(revoke_due_at=None)
    elif mandate.revoke_tries + 1 == TRIES_ALONE:
        record_event("mandate.end_failed", account=mandate.account, source="system", mandate=mandate.reference)
    return ended


def _agrees(mandate: Mandate) -> bool:
    try:
        return _ended_at_provider(mandate)
    except PlatformError as error:
        logger.warning("provider not told of a revoked mandate", extra={"mandate": mandate.pk, "code": error.code})
        return False


def _ended_at_provider(mandate: Mandate) -> bool:
    """A mandate that was never signed has nothing to end; should it be signed later, its notice ends it.

    Where a provider lets only the payer end it, there is nobody to tell: the debtor's page says what to do, and the
    record says that it is up to them, unless its last day has come.
    """
    wallet = adapter(mandate.provider)
    if not wallet.descriptor.can(Capability.REVOKE_BY_MERCHANT):
        if mandate.provider_reference and not _runs_out_now(mandate):
            record_event("mandate.end_in_wallet", account=mandate.account, source="system", mandate=mandate.reference)
            tell_end_in_wallet(mandate)
        return True
    reference = mandate.provider_reference
    if not reference:
        reference = call(wallet.get_mandate("", mandate.merchant_reference), mandate.provider).mandate_ref
    if not reference:
        return True
    result = call(wallet.revoke_mandate(reference, mandate.state_reason), mandate.provider)
    return result.state is MandateState.REVOKED


def _runs_out_now(mandate: Mandate) -> bool:
    """The wallet's last day may be a day later than ours: it ends at midnight in its own zone."""
    return mandate.valid_until is not None and mandate.valid_until <= today() + timedelta(days=1)
