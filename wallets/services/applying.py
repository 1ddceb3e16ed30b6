"""The one door through which a provider's word about a mandate changes anything."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from common.crypto.blind_fields import normalised_index
from wallets.gateway import adapter, call
from wallets.models import MANDATE_STATES, Mandate, Provider
from wallets.providers.base import MandateResult, MandateState
from wallets.services.linking import forget_token, link_method
from wallets.signals import tell_started, tell_stopped

LIVE = ("active", "paused")


@transaction.atomic
def apply_mandate_result(mandate_id: int, result: MandateResult, *, source: str) -> bool:
    """Apply what a provider said about a mandate; only steps of `MANDATE_STATES` count. True when it changed.

    Locks the account, then the mandate. A signature on a mandate we ended meanwhile, or beside a live one, is ended
    at the provider too. What a person paused stays paused, whatever the provider says.
    """
    account_id = Mandate.objects.values_list("account_id", flat=True).get(pk=mandate_id)
    account = Account.objects.select_for_update().get(pk=account_id)
    mandate = Mandate.objects.select_for_update().get(pk=mandate_id)
    mandate.account = account
    if result.state is MandateState.ACTIVE and _may_not_live(mandate):
        return _end_stray(mandate, result)
    if not _is_a_step(mandate, result):
        return _learn(mandate, result)
    before, mandate.state = mandate.state, result.state.value
    mandate.provider_reference = result.mandate_ref or mandate.provider_reference
    mandate.checked_at = now()
    _TAKE.get(mandate.state, _take_ending)(mandate, result, source)
    mandate.save()
    _tell(mandate, before=before, source=source)
    return True


@transaction.atomic
def note_active(mandate_ids: Collection[int]) -> set[int]:
    """The provider says of these that they are active. Those that are so here, too, are noted as asked about and
    returned; of the others `apply_mandate_result` has to say more. The caller holds the accounts' locks.
    """
    active = Mandate.objects.filter(pk__any_of=mandate_ids, state="active").exclude(provider_reference="")
    known = set(active.order_by("pk").select_for_update().values_list("pk", flat=True))
    Mandate.objects.filter(pk__any_of=known).update(checked_at=now())
    return known


def _is_a_step(mandate: Mandate, result: MandateResult) -> bool:
    if result.state is MandateState.ACTIVE and not mandate.is_proven:
        return False
    if mandate.state == "paused" and result.state is MandateState.ACTIVE and mandate.paused_by != "provider":
        return False
    return result.state.value != mandate.state and MANDATE_STATES.allows(mandate.state, result.state.value)


def _tell(mandate: Mandate, *, before: str, source: str) -> None:
    after = mandate.state
    kind = {"active": "mandate.signed" if before == "pending" else "mandate.resumed"}.get(after, f"mandate.{after}")
    record_event(kind, account=mandate.account, source=source, mandate=mandate.reference, before=before, after=after)
    if kind == "mandate.signed":
        tell_started(mandate)
    elif after != "active":
        tell_stopped(mandate, before=before)


def _may_not_live(mandate: Mandate) -> bool:
    another = Mandate.objects.filter(account_id=mandate.account_id, state__in=LIVE).exclude(pk=mandate.pk)
    return mandate.state in MANDATE_STATES.final or another.exists()


def _end_stray(mandate: Mandate, result: MandateResult) -> bool:
    before = mandate.state
    changed = before not in MANDATE_STATES.final
    mandate.provider_reference = result.mandate_ref or mandate.provider_reference
    if changed:
        mandate.state, mandate.ended_at, mandate.state_reason = "revoked", now(), "another agreement is active"
    mandate.revoke_due_at = None if mandate.shares_its_wallet else now()
    mandate.save()
    if changed:
        _tell(mandate, before=before, source="system")
    return changed


def _learn(mandate: Mandate, result: MandateResult) -> bool:
    """Nothing changed; still, the provider was asked, and its number of the mandate is good to have."""
    if result.state is not MandateState.UNKNOWN:
        mandate.checked_at = now()
    # What is signed is what was opened last; once it is signed, its number stands.
    newest = result.mandate_ref if mandate.state == "pending" else ""
    mandate.provider_reference = newest or mandate.provider_reference or result.mandate_ref
    mandate.save(update_fields=["provider_reference", "provider_reference_index", "checked_at"])
    return False


def _take_signature(mandate: Mandate, result: MandateResult, source: str) -> None:
    """The wallet may have agreed to less than we proposed; never to more."""
    mandate.paused_by = ""
    mandate.signed_at = mandate.signed_at or result.signed_at or now()
    if result.valid_until:
        mandate.valid_until = result.valid_until.date()
    if result.single_limit and result.single_limit.currency == mandate.currency:
        mandate.cap_minor = min(mandate.cap_minor, result.single_limit.minor)
    if mandate.payment_method is None:
        mandate.payment_method = link_method(
            mandate.account, mandate.provider, token=result.payer_ref, origin="mandate"
        )


def _take_pause(mandate: Mandate, result: MandateResult, source: str) -> None:
    mandate.paused_by = "provider"


def _take_ending(mandate: Mandate, result: MandateResult, source: str) -> None:
    mandate.paused_by, mandate.ended_at = "", result.ended_at or now()
    mandate.state_reason = f"said by the provider ({source})"


_TAKE = {"active": _take_signature, "paused": _take_pause}


def apply_mandate_notice(
    provider: Provider, *, merchant_reference: str, mandate_ref: str, state: str, confirm: bool = False
) -> tuple[bool, str]:
    """Apply a verified notice about a mandate: an ending at once, unless the provider wants it confirmed, and anything
    else after asking the provider."""
    ends = state in MANDATE_STATES.final and not confirm
    forgotten = forget_token(provider, mandate_ref) if ends and mandate_ref else 0
    mandates = _mandates_of(provider, merchant_reference=merchant_reference, mandate_ref=mandate_ref)
    if not mandates:
        why = "a saved wallet ended" if forgotten else "no agreement of ours has this reference"
        return bool(forgotten), why
    mandate = mandates[0]
    if ends and mandate.provider_reference in ("", mandate_ref):
        result = MandateResult(state=MandateState(state), merchant_ref=merchant_reference, mandate_ref=mandate_ref)
        ended = [apply_mandate_result(one.pk, result, source="notice") for one in mandates]
        return any(ended) or bool(forgotten), f"the provider says {state}"
    wallet = adapter(provider)
    result = call(wallet.get_mandate(mandate.provider_reference or mandate_ref, mandate.merchant_reference), provider)
    changed = apply_mandate_result(mandate.pk, result, source="notice")
    return changed, f"the provider confirms {result.state.value}"


def _mandates_of(provider: Provider, *, merchant_reference: str, mandate_ref: str) -> list[Mandate]:
    """By our number; else by theirs, which a notice of an ending may carry alone. A saved wallet may carry several."""
    mandates = Mandate.objects.filter(provider=provider).order_by("account_id", "pk")
    ours = list(mandates.filter(merchant_reference=merchant_reference)) if merchant_reference else []
    return ours or (_by_their_number(mandates, mandate_ref) if mandate_ref else [])


def _by_their_number(mandates: QuerySet[Mandate], mandate_ref: str) -> list[Mandate]:
    index = normalised_index(mandate_ref, purpose="reference")
    return [row for row in mandates.filter(provider_reference_index=index) if row.provider_reference == mandate_ref]
