"""Reading the provider register and the mandates."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from common.errors import Conflict, NotFound
from common.money import Money
from wallets.gateway import adapter
from wallets.health import troubled
from wallets.models import Mandate, PaymentMethod, Provider
from wallets.providers.base import (
    Capability,
    ConfigError,
    Descriptor,
    MandateSnapshot,
    MandateState,
    MandateTerms,
    PeriodUnit,
    WalletProvider,
)

logger = logging.getLogger(__name__)

WHY_NOT: dict[str, Promise] = {
    "not_vetted": gettext_lazy("This wallet is not offered now. Choose another one."),
    "switched_off": gettext_lazy("This wallet is switched off for now. Choose another one."),
    "review_overdue": gettext_lazy("This wallet waits for our yearly check of it. Choose another one."),
}


class ProviderNotOffered(Conflict):
    code = "provider_not_offered"


@dataclass(frozen=True)
class Offer:
    """A wallet a debtor may be shown. `ailing`: it hardly answers just now."""

    provider: Provider
    descriptor: Descriptor
    ailing: bool = False

    @property
    def minimum(self) -> int:
        return self.descriptor.min_amount


def refuse_unfit(provider: Provider) -> None:
    """The one door of money: a wallet that is not vetted, overdue for review or switched off takes none."""
    if provider.standing:
        raise ProviderNotOffered(str(WHY_NOT[provider.standing]), why=provider.standing)


def vetted_provider(key: str, currency: str, capability: Capability) -> tuple[Provider, WalletProvider]:
    """The provider and its adapter if it may take money and can do this in this currency."""
    provider = Provider.objects.filter(key=key).first()
    if provider is None:
        raise ProviderNotOffered(str(WHY_NOT["not_vetted"]), why="not_vetted")
    refuse_unfit(provider)
    wallet = adapter(provider)
    if not wallet.descriptor.can(capability) or currency not in wallet.descriptor.currencies:
        raise ProviderNotOffered(_("This wallet cannot be used for this account. Choose another one."), why="cannot")
    return provider, wallet


def offers(currency: str, capability: Capability = Capability.ONE_OFF) -> list[Offer]:
    """Wallets that may take money and can do this in this currency: by the register, those in trouble last."""
    ailing = troubled()
    found = list(_able(Provider.objects.taking_money(), currency, capability, ailing))
    return sorted(found, key=lambda offer: offer.ailing)


def withheld(currency: str) -> list[tuple[Provider, str]]:
    """Wallets people here know and cannot use now, and why: switched off or overdue for review."""
    known = Provider.objects.exclude(status="draft").filter(currencies__contains=[currency])
    return [(provider, str(WHY_NOT[provider.standing])) for provider in known if provider.standing]


def _able(
    providers: Iterable[Provider], currency: str, capability: Capability, ailing: frozenset[int]
) -> Iterator[Offer]:
    for provider in providers:
        try:
            descriptor = adapter(provider).descriptor
        except ConfigError:
            logger.exception("a vetted provider is not configured", extra={"provider": provider.key})
            continue
        if descriptor.can(capability) and currency in descriptor.currencies:
            yield Offer(provider, descriptor, provider.pk in ailing)


def access_method(debtor_id: UUID, method_id: UUID) -> PaymentMethod:
    """A wallet this person has linked and not removed; anybody else's is not there."""
    rows = PaymentMethod.objects.filter(pk=method_id, debtor_id=debtor_id, removed_at=None)
    method = rows.select_related("provider", "debtor__creditor").first()
    if method is None:
        raise NotFound(_("There is no such wallet on this page."))
    return method


def chargeable_method(debtor_id: UUID, provider: Provider) -> PaymentMethod | None:
    """The wallet of this provider the person had saved while paying, the one they put first."""
    rows = PaymentMethod.objects.filter(debtor_id=debtor_id, provider=provider, removed_at=None, origin="payment")
    return next((row for row in rows if row.is_chargeable), None)


def live_mandate(account: Account) -> Mandate | None:
    return account.mandates.filter(state__in=["active", "paused"]).select_related("provider").first()


def terms_of(mandate: Mandate) -> MandateTerms:
    return MandateTerms(
        single_limit=mandate.cap,
        period_unit=PeriodUnit(mandate.period_unit),
        period=mandate.period,
        first_charge_on=mandate.first_debit_on,
        valid_until=mandate.valid_until,
    )


def snapshot(
    mandate: Mandate,
    *,
    last_charged_on: date | None = None,
    charged_count: int = 0,
    charged_minor: int = 0,
    announced_at: datetime | None = None,
) -> MandateSnapshot:
    return MandateSnapshot(
        mandate_ref=mandate.provider_reference,
        merchant_ref=mandate.merchant_reference,
        state=MandateState(mandate.state),
        terms=terms_of(mandate),
        last_charged_on=last_charged_on,
        charged_count=charged_count,
        charged_total=Money(charged_minor, mandate.currency),
        signed_at=mandate.signed_at,
        announced_at=announced_at,
    )
