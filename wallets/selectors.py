"""Reading the provider register and the mandates."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts.models import Account
from common.errors import Conflict
from common.money import Money
from wallets.gateway import adapter
from wallets.models import Mandate, Provider
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


class ProviderNotOffered(Conflict):
    code = "provider_not_offered"


@dataclass(frozen=True)
class Offer:
    """A wallet a debtor may be shown."""

    provider: Provider
    descriptor: Descriptor

    @property
    def minimum(self) -> int:
        return self.descriptor.min_amount


def vetted_provider(key: str, currency: str, capability: Capability) -> tuple[Provider, WalletProvider]:
    """The provider and its adapter if compliance has vetted it and it can do this in this currency."""
    provider = Provider.objects.filter(key=key).first()
    if provider is None or provider.status != "vetted":
        raise ProviderNotOffered(_("This wallet is not offered now. Choose another one."), why="not_vetted")
    wallet = adapter(provider)
    if not wallet.descriptor.can(capability) or currency not in wallet.descriptor.currencies:
        raise ProviderNotOffered(_("This wallet cannot be used for this account. Choose another one."), why="cannot")
    return provider, wallet


def offers(currency: str, capability: Capability = Capability.ONE_OFF) -> list[Offer]:
    """Vetted wallets that can do this in this currency, in the order of the register."""
    return list(_offers(currency, capability))


def _offers(currency: str, capability: Capability) -> Iterator[Offer]:
    for provider in Provider.objects.filter(status="vetted"):
        try:
            descriptor = adapter(provider).descriptor
        except ConfigError:
            logger.exception("a vetted provider is not configured", extra={"provider": provider.key})
            continue
        if descriptor.can(capability) and currency in descriptor.currencies:
            yield Offer(provider, descriptor)


def live_mandate(account: Account) -> Mandate | None:
    return account.mandates.filter(state__in=["active", "paused"]).select_related("provider").first()


def terms_of(mandate: Mandate) -> MandateTerms:
    return MandateTerms(
        single_limit=mandate.cap,
        period_unit=PeriodUnit.DAY,
        period=mandate.period_days,
        first_charge_on=mandate.first_debit_on,
        valid_until=mandate.valid_until,
    )


def snapshot(
    mandate: Mandate, *, last_charged_on: date | None = None, charged_count: int = 0, charged_minor: int = 0
) -> MandateSnapshot:
    return MandateSnapshot(
        mandate_ref=mandate.provider_reference,
        merchant_ref=mandate.merchant_reference,
        state=MandateState(mandate.state),
        terms=terms_of(mandate),
        last_charged_on=last_charged_on,
        charged_count=charged_count,
        charged_total=Money(charged_minor, mandate.currency),
    )
