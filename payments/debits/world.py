"""What the preconditions of debits look at, read for a whole batch with a fixed number of questions."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from accounts.models import Account, Creditor
from payments.debits.law import Law, read_debit_law
from payments.debits.preconditions import Candidate
from payments.debits.standing import Charges, charges_under, standing_of
from payments.models import Instalment
from payments.services.checks import debit_holds
from wallets.gateway import adapter, notify_url
from wallets.models import Mandate, Provider
from wallets.providers.base import ConfigError, WalletProvider

logger = logging.getLogger(__name__)

SEALED = ("debtor__name", "debtor__name_tokens", "debtor__birth_year")


@dataclass(frozen=True)
class Wallet:
    """A provider as this batch found it; `works` is None when its settings are spoilt."""

    provider: Provider

    @cached_property
    def works(self) -> WalletProvider | None:
        try:
            return adapter(self.provider)
        except ConfigError:
            # One wallet whose settings are spoilt must not keep the debits of all the others.
            logger.exception("a wallet with agreed debits is not configured", extra={"provider": self.provider.key})
            return None

    @cached_property
    def notify_url(self) -> str:
        return notify_url(self.provider)


@dataclass(frozen=True, kw_only=True)
class World:
    """Read after the accounts were locked, so it is how things stand until the transaction is over."""

    at: datetime
    accounts: dict[int, Account]
    mandates: dict[int, Mandate]
    wallets: dict[int, Wallet]
    held: frozenset[int] = frozenset()
    law: Law
    charges: Charges = field(default_factory=dict)

    def candidate(self, row: Instalment, account: Account, mandate: Mandate, wallet: WalletProvider) -> Candidate:
        return Candidate(
            account=account,
            instalment=row,
            mandate=mandate,
            standing=standing_of(mandate, self.charges, row.announced_at),
            wallet=wallet,
            on_hold=account.pk in self.held,
            at=self.at,
            law=self.law,
        )


def lock_free_accounts(ids: Collection[int]) -> dict[int, Account]:
    """In the order of ids; accounts another worker holds are skipped: they are in good hands."""
    rows = Account.objects.filter(pk__any_of=list(ids)).order_by("pk").select_related("debtor").defer(*SEALED)
    accounts = {account.pk: account for account in rows.select_for_update(skip_locked=True, of=("self",))}
    creditors = Creditor.objects.in_bulk({account.creditor_id for account in accounts.values()})
    for account in accounts.values():
        account.know(creditor=creditors[account.creditor_id])
    return accounts


def read_world(at: datetime, accounts: dict[int, Account], mandate_ids: Iterable[int]) -> World:
    found = Mandate.objects.filter(pk__any_of=list(mandate_ids)).defer("terms_text", "evidence")
    mandates = {mandate.pk: mandate for mandate in found}
    providers = Provider.objects.in_bulk({mandate.provider_id for mandate in mandates.values()})
    for mandate in mandates.values():
        mandate.know(provider=providers[mandate.provider_id])
        if mandate.account_id in accounts:
            mandate.know(account=accounts[mandate.account_id])
    return World(
        at=at,
        accounts=accounts,
        mandates=mandates,
        wallets={pk: Wallet(provider) for pk, provider in providers.items()},
        held=_held(list(accounts.values())),
        law=read_debit_law(at, accounts.values(), mandates),
        charges=charges_under(mandates),
    )


def _held(accounts: Sequence[Account]) -> frozenset[int]:
    """The accounts on which a hold forbids taking money: their own, or one on their debtor."""
    holds = debit_holds().filter(debtor__any_of={account.debtor_id for account in accounts})
    pairs = set(holds.values_list("debtor_id", "account_id"))
    return frozenset(
        account.pk
        for account in accounts
        if (account.debtor_id, account.pk) in pairs or (account.debtor_id, None) in pairs
    )
