"""Mandates: proposed with their terms and evidence, signed in the wallet, ended by either side at any time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now
from common.errors import Conflict, InvalidInput, PlatformError
from common.ids import uuid7
from common.money import Money
from wallets.gateway import adapter, call, notify_url
from wallets.models import MANDATE_STATES, Mandate, Provider
from wallets.providers.base import Action, Capability, Channel, MandateRequest, MandateResult, MandateState
from wallets.selectors import terms_of, vetted_provider

logger = logging.getLogger(__name__)

LIVE = ("active", "paused")
TELL_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
REQUIRED_EVIDENCE = ("agreed_at", "ip", "user_agent")


class MandateExists(Conflict):
    code = "mandate_exists"


@dataclass(frozen=True)
class Terms:
    """The words the debtor agreed to, exactly as shown, and their version."""

    version: str
    text: str


@transaction.atomic
def propose_mandate(
    account: Account,
    provider_key: str,
    *,
    cap: Money,
    first_debit_on: date,
    period_days: int,
    evidence: Mapping[str, str],
    terms: Terms,
) -> Mandate:
    """A mandate the debtor agreed to on our page (`evidence`: agreed_at, ip, user_agent), not yet signed in the wallet.

    Raises `ProviderNotOffered`, `MandateExists`, `InvalidInput`.
    """
    provider, wallet = vetted_provider(provider_key, account.currency, Capability.MANDATE)
    missing = [name for name in REQUIRED_EVIDENCE if not evidence.get(name)]
    if missing:
        raise InvalidInput(_("The evidence of the agreement is incomplete."), field="evidence", missing=missing)
    if cap.currency != account.currency or cap.minor <= 0:
        raise InvalidInput(_("The highest debit must be positive and in the account's currency."), field="cap")
    Account.objects.select_for_update().get(pk=account.pk)
    if Mandate.objects.filter(account=account, state__in=LIVE).exists():
        raise MandateExists(_("An agreement is active already. End it before making a new one."))
    mandate = Mandate.objects.create(
        account=account,
        provider=provider,
        merchant_reference=wallet.merchant_ref(uuid7().hex),
        currency=cap.currency,
        cap_minor=cap.minor,
        period_days=period_days,
        first_debit_on=first_debit_on,
        terms_version=terms.version,
        terms_text=terms.text,
        evidence=dict(evidence),
    )
    record_event("mandate.proposed", account=account, source="debtor", mandate=mandate.reference, cap_minor=cap.minor)
    return mandate


def start_mandate(mandate: Mandate, *, return_url: str, channel: Channel = Channel.PHONE) -> Action:
    """What the debtor opens to sign. May be asked for again while the mandate is pending. Not inside a transaction."""
    if mandate.state != "pending":
        raise Conflict(_("This agreement is not waiting for a signature."), state=mandate.state)
    request = MandateRequest(
        merchant_ref=mandate.merchant_reference,
        terms=terms_of(mandate),
        subject=_("Repayment to %(creditor)s") % {"creditor": mandate.account.creditor.name},
        notify_url=notify_url(mandate.provider),
        return_url=return_url,
        channel=channel,
        login_ref=mandate.account.debtor_id.hex,
    )
    result = call(adapter(mandate.provider).start_mandate(request))
    apply_mandate_result(mandate.pk, result, source="page")
    if result.action is None:
        raise Conflict(_("The wallet offers nothing to sign. Choose another wallet."), state=result.state.value)
    return result.action


def refresh_mandate(mandate: Mandate, *, source: str = "page") -> Mandate:
    """Ask the provider how the mandate stands (it may have run out without a word) and apply the answer."""
    result = call(adapter(mandate.provider).get_mandate(mandate.provider_reference, mandate.merchant_reference))
    apply_mandate_result(mandate.pk, result, source=source)
    mandate.refresh_from_db()
    return mandate


@transaction.atomic
def apply_mandate_result(mandate_id: int, result: MandateResult, *, source: str) -> bool:
    """Apply what a provider said about a mandate; only steps of `MANDATE_STATES` count. True when it changed.

    Locks the account, then the mandate. A signature on a mandate we ended meanwhile, or beside a live one, is ended
    at the provider too.
    """
    account_id = Mandate.objects.values_list("account_id", flat=True).get(pk=mandate_id)
    account = Account.objects.select_for_update().get(pk=account_id)
    mandate = Mandate.objects.select_for_update().get(pk=mandate_id)
    wanted = result.state.value
    if result.state is MandateState.ACTIVE and _may_not_live(mandate):
        return _end_stray(mandate, result)
    if wanted == mandate.state or not MANDATE_STATES.allows(mandate.state, wanted):
        return _learn_reference(mandate, result)
    before, mandate.state = mandate.state, wanted
    mandate.provider_reference = result.mandate_ref or mandate.provider_reference
    if result.state is MandateState.ACTIVE:
        _take_terms(mandate, result)
    if wanted in MANDATE_STATES.final:
        mandate.ended_at = result.ended_at or now()
        mandate.state_reason = f"said by the provider ({source})"
    mandate.save()
    kind = {"active": "mandate.signed" if before == "pending" else "mandate.resumed"}.get(wanted, f"mandate.{wanted}")
    record_event(kind, account=account, source=source, mandate=mandate.reference, before=before, after=wanted)
    return True


def _may_not_live(mandate: Mandate) -> bool:
    another = Mandate.objects.filter(account_id=mandate.account_id, state__in=LIVE).exclude(pk=mandate.pk)
    return mandate.state in MANDATE_STATES.final or another.exists()


def _end_stray(mandate: Mandate, result: MandateResult) -> bool:
    changed = mandate.state not in MANDATE_STATES.final
    mandate.provider_reference = result.mandate_ref or mandate.provider_reference
    if changed:
        mandate.state, mandate.ended_at, mandate.state_reason = "revoked", now(), "another agreement is active"
    mandate.revoke_due_at = now()
    mandate.save()
    return changed


def _learn_reference(mandate: Mandate, result: MandateResult) -> bool:
    if result.mandate_ref and not mandate.provider_reference:
        mandate.provider_reference = result.mandate_ref
        mandate.save(update_fields=["provider_reference"])
    return False


def _take_terms(mandate: Mandate, result: MandateResult) -> None:
    """The wallet may have agreed to less than we proposed; never to more."""
    mandate.signed_at = mandate.signed_at or result.signed_at or now()
    if result.valid_until:
        mandate.valid_until = result.valid_until.date()
    if result.single_limit and result.single_limit.currency == mandate.currency:
        mandate.cap_minor = min(mandate.cap_minor, result.single_limit.minor)


def apply_mandate_notice(
    provider: Provider, *, merchant_reference: str, mandate_ref: str, state: str
) -> tuple[bool, str]:
    """Apply a verified notice about a mandate: an ending at once, anything else after asking the provider."""
    mandate = _mandate_of(provider, merchant_reference=merchant_reference, mandate_ref=mandate_ref)
    if mandate is None:
        return False, "no agreement of ours has this reference"
    if state in MANDATE_STATES.final and mandate.provider_reference in ("", mandate_ref):
        result = MandateResult(state=MandateState(state), merchant_ref=merchant_reference, mandate_ref=mandate_ref)
        return apply_mandate_result(mandate.pk, result, source="notice"), f"the provider says {state}"
    wallet = adapter(provider)
    result = call(wallet.get_mandate(mandate.provider_reference or mandate_ref, mandate.merchant_reference))
    changed = apply_mandate_result(mandate.pk, result, source="notice")
    return changed, f"the provider confirms {result.state.value}"


def _mandate_of(provider: Provider, *, merchant_reference: str, mandate_ref: str) -> Mandate | None:
    """By our number; a notice of an ending may carry only theirs."""
    mandates = Mandate.objects.filter(provider=provider)
    if merchant_reference:
        return mandates.filter(merchant_reference=merchant_reference).first()
    return mandates.filter(provider_reference=mandate_ref).first() if mandate_ref else None


@transaction.atomic
def revoke_mandate(mandate: Mandate, *, by: User | None = None, reason: str) -> bool:
    """End the mandate on our side now (nothing is debited from this moment); the provider is told by a task.

    `by=None` is the debtor. False when it had ended before.
    """
    account = Account.objects.select_for_update().get(pk=mandate.account_id)
    row = Mandate.objects.select_for_update().get(pk=mandate.pk)
    if row.state in MANDATE_STATES.final:
        return False
    row.state, row.state_reason, row.ended_at, row.revoke_due_at = "revoked", reason[:200], now(), now()
    row.save(update_fields=["state", "state_reason", "ended_at", "revoke_due_at"])
    source = "user" if by else "debtor"
    record_event("mandate.revoked", account=account, actor=by, source=source, mandate=row.reference, reason=reason)
    mandate.refresh_from_db()
    return True


def tell_providers_of_endings(batch: int = 50) -> int:
    """Tell providers of mandates that ended here; repeated until they agree. Not inside a transaction."""
    due = Mandate.objects.filter(revoke_due_at__lte=now()).select_related("provider").order_by("revoke_due_at")
    return sum(_tell_provider(mandate) for mandate in list(due[:batch]))


def _tell_provider(mandate: Mandate) -> bool:
    wait = TELL_AGAIN_AFTER[min(mandate.revoke_tries, len(TELL_AGAIN_AFTER) - 1)]
    claimed = Mandate.objects.filter(pk=mandate.pk, revoke_due_at=mandate.revoke_due_at).update(
        revoke_due_at=now() + wait, revoke_tries=mandate.revoke_tries + 1
    )
    if not claimed:
        return False
    try:
        ended = _ended_at_provider(mandate)
    except PlatformError as error:
        logger.warning("provider not told of a revoked mandate", extra={"mandate": mandate.pk, "code": error.code})
        return False
    if ended:
        Mandate.objects.filter(pk=mandate.pk).update(revoke_due_at=None)
    return ended


def _ended_at_provider(mandate: Mandate) -> bool:
    """A mandate that was never signed has nothing to end; should it be signed later, its notice ends it."""
    wallet = adapter(mandate.provider)
    reference = mandate.provider_reference
    if not reference:
        reference = call(wallet.get_mandate("", mandate.merchant_reference)).mandate_ref
    if not reference:
        return True
    return call(wallet.revoke_mandate(reference, mandate.state_reason)).state is MandateState.REVOKED
