"""Pausing a mandate and letting it go on. Nothing is debited in between; the provider need not know."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import record_event
from accounts.models import Account, User
from common.errors import Conflict
from wallets.gateway import adapter
from wallets.models import MANDATE_STATES, Mandate
from wallets.providers.base import Capability
from wallets.selectors import refuse_unfit
from wallets.signals import tell_stopped


@transaction.atomic
def pause_mandate(mandate: Mandate, *, by: User | None = None, reason: str, source: str = "") -> bool:
    """Stop all debits for now. `by=None` is the debtor, or the platform itself (`source="system"`: staff resumes it).

    False when it was paused already; raises `Conflict` if over.
    """
    row = _locked(mandate)
    if row.state == "paused":
        return False
    if not MANDATE_STATES.allows(row.state, "paused"):
        raise Conflict(_("Only an agreement that is in force can be paused."), state=row.state)
    if source != "system" and adapter(row.provider).descriptor.can(Capability.PROVIDER_SCHEDULED):
        raise Conflict(_("This wallet debits by itself, so a pause here would not hold. End the agreement instead."))
    ours = by is not None or source == "system"
    row.state, row.paused_by, row.state_reason = "paused", "staff" if ours else "debtor", reason[:200]
    row.save(update_fields=["state", "paused_by", "state_reason"])
    _record("mandate.paused", row, by=by, reason=reason, source=source)
    tell_stopped(row, before="active")
    mandate.refresh_from_db()
    return True


@transaction.atomic
def resume_mandate(mandate: Mandate, *, by: User | None = None, reason: str = "") -> bool:
    """Let debits go on, each announced anew. Only the side that paused may: the debtor's pause is the debtor's.

    False when it was in force already. Raises `Conflict`, `ProviderNotOffered`.
    """
    row = _locked(mandate)
    if row.state == "active":
        return False
    if row.state != "paused":
        raise Conflict(_("This agreement is over. A new one can be signed."), state=row.state)
    if row.paused_by != ("staff" if by else "debtor"):
        raise Conflict(str(NOT_YOURS[row.paused_by]), paused_by=row.paused_by)
    if not row.is_proven:
        raise Conflict(_("How this agreement was made is not on record. It has to be signed anew."), state=row.state)
    refuse_unfit(row.provider)
    row.state, row.paused_by, row.state_reason = "active", "", ""
    row.save(update_fields=["state", "paused_by", "state_reason"])
    _record("mandate.resumed", row, by=by, reason=reason)
    mandate.refresh_from_db()
    return True


def _locked(mandate: Mandate) -> Mandate:
    account = Account.objects.select_for_update().get(pk=mandate.account_id)
    row = Mandate.objects.select_for_update(of=("self",)).select_related("provider").get(pk=mandate.pk)
    row.account = account
    return row


def _record(kind: str, mandate: Mandate, *, by: User | None, reason: str, source: str = "") -> None:
    record_event(
        kind,
        account=mandate.account,
        actor=by,
        source=source or ("user" if by else "debtor"),
        mandate=mandate.reference,
        reason=reason,
    )


NOT_YOURS = {
    "debtor": gettext_lazy("The person paused it themselves, so only they can let it go on."),
    "staff": gettext_lazy("We paused it. Write to us when it should go on."),
    "provider": gettext_lazy("The wallet paused it. It goes on when the wallet says so."),
}
