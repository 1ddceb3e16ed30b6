"""A new mandate: its terms and evidence kept as they were shown, then to the wallet to be signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account
from common.errors import Conflict, InvalidInput
from common.ids import uuid7
from common.money import Money
from wallets.gateway import adapter, call, notify_url
from wallets.models import Mandate
from wallets.models.mandates import REQUIRED_EVIDENCE
from wallets.providers.base import Action, Capability, Channel, MandateRequest
from wallets.selectors import refuse_unfit, terms_of, vetted_provider
from wallets.services.applying import LIVE, apply_mandate_result


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
    period: int = 30,
    period_unit: str = "day",
    last_debit_on: date | None = None,
    evidence: Mapping[str, str],
    terms: Terms,
) -> Mandate:
    """A mandate the debtor agreed to on our page (`evidence`: agreed_at, ip, user_agent), not yet signed in the wallet.

    At most one debit of at most `cap` in each `period` (days or calendar months), counted from `first_debit_on`.
    `last_debit_on`: where the wallet debits by itself, the day after which it stops by itself, too.
    Raises `ProviderNotOffered`, `MandateExists`, `InvalidInput`.
    """
    provider, wallet = vetted_provider(provider_key, account.currency, Capability.MANDATE)
    missing = [name for name in REQUIRED_EVIDENCE if not evidence.get(name)]
    if missing or not terms.text.strip() or not terms.version.strip():
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
        period=period,
        period_unit=period_unit,
        first_debit_on=first_debit_on,
        valid_until=last_debit_on,
        terms_version=terms.version,
        terms_text=terms.text,
        evidence=dict(evidence),
    )
    record_event("mandate.proposed", account=account, source="debtor", mandate=mandate.reference, cap_minor=cap.minor)
    return mandate


def start_mandate(
    mandate: Mandate,
    *,
    return_url: str,
    channel: Channel = Channel.PHONE,
    payer_hint: str = "",
    client_ip: str = "",
    in_own_app: bool = False,
) -> Action:
    """What the debtor opens to sign. May be asked for again while the mandate is pending. Not inside a transaction.

    `payer_hint` is the phone number (E.164) where the wallet asks on the phone itself. `in_own_app`: the debtor looks
    at us in the browser inside this wallet.
    """
    if mandate.state != "pending":
        raise Conflict(_("This agreement is not waiting for a signature."), state=mandate.state)
    refuse_unfit(mandate.provider)
    request = MandateRequest(
        merchant_ref=mandate.merchant_reference,
        terms=terms_of(mandate),
        subject=_("Repayment to %(creditor)s") % {"creditor": mandate.account.creditor.name},
        notify_url=notify_url(mandate.provider),
        return_url=return_url,
        channel=channel,
        login_ref=mandate.account.debtor_id.hex,
        payer_hint=payer_hint,
        client_ip=client_ip,
        in_own_app=in_own_app,
    )
    result = call(adapter(mandate.provider).start_mandate(request), mandate.provider)
    apply_mandate_result(mandate.pk, result, source="page")
    if result.action is None:
        raise Conflict(_("The wallet offers nothing to sign. Choose another wallet."), state=result.state.value)
    return result.action


def refresh_mandate(mandate: Mandate, *, source: str = "page") -> Mandate:
    """Ask the provider how the mandate stands (it may have run out without a word) and apply the answer."""
    wallet = adapter(mandate.provider)
    result = call(wallet.get_mandate(mandate.provider_reference, mandate.merchant_reference), mandate.provider)
    apply_mandate_result(mandate.pk, result, source=source)
    mandate.refresh_from_db()
    return mandate
