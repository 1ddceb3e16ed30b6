"""Where the money of each creditor is: with a wallet, on the trust account; and what it is owed. Sums of postings."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import Creditor
from common.money import Money
from payments.models import LedgerAccount, Posting
from wallets.models import Provider

Kind = LedgerAccount.Kind
PLACES = (Kind.CLEARING, Kind.TRUST, Kind.PAYABLE)


@dataclass(frozen=True)
class Held:
    """`owed`: what the creditor is to get, commission and fees not yet taken off."""

    creditor: Creditor
    wallets: Money
    trust: Money
    owed: Money


@dataclass(frozen=True)
class WithWallet:
    provider: Provider
    amount: Money


def with_wallet(provider: Provider, currency: str) -> dict[int, int]:
    """By creditor: minor units that the wallet holds for it; below zero where more went back than came in."""
    rows = Posting.objects.filter(
        ledger_account__kind=Kind.CLEARING, ledger_account__qualifier=provider.key, currency=currency
    )
    sums = rows.values("ledger_account__creditor").annotate(minor=Sum("amount_minor")).order_by()
    return {row["ledger_account__creditor"]: row["minor"] for row in sums if row["minor"]}


def where_it_is() -> tuple[list[Held], list[WithWallet]]:
    """By creditor, and by wallet; each for every currency that has money in it. One look at the ledger."""
    rows = Posting.objects.filter(ledger_account__kind__in=PLACES).values(
        "ledger_account__kind", "ledger_account__creditor", "ledger_account__qualifier", "currency"
    )
    by_place: dict[tuple[int, str, str], int] = {}
    by_wallet: dict[tuple[str, str], int] = {}
    for row in rows.annotate(minor=Sum("amount_minor")).order_by():
        kind, currency, minor = row["ledger_account__kind"], row["currency"], row["minor"]
        place = (row["ledger_account__creditor"], currency, kind)
        by_place[place] = by_place.get(place, 0) + minor
        if kind == Kind.CLEARING:
            wallet = (row["ledger_account__qualifier"], currency)
            by_wallet[wallet] = by_wallet.get(wallet, 0) + minor
    return _by_creditor(by_place), _by_wallet(by_wallet)


def _by_creditor(sums: dict[tuple[int, str, str], int]) -> list[Held]:
    pairs = {(creditor, currency) for (creditor, currency, _kind), minor in sums.items() if minor}
    creditors = Creditor.objects.in_bulk({creditor for creditor, _currency in pairs})
    rows = sorted(pairs, key=lambda pair: (creditors[pair[0]].name, *pair))
    return [
        Held(
            creditors[pk],
            wallets=Money(sums.get((pk, currency, Kind.CLEARING), 0), currency),
            trust=Money(sums.get((pk, currency, Kind.TRUST), 0), currency),
            owed=Money(-sums.get((pk, currency, Kind.PAYABLE), 0), currency),
        )
        for pk, currency in rows
    ]


def _by_wallet(sums: dict[tuple[str, str], int]) -> list[WithWallet]:
    providers = {row.key: row for row in Provider.objects.filter(key__in=[key for key, _currency in sums])}
    rows = sorted((key, currency, minor) for (key, currency), minor in sums.items() if minor and key in providers)
    return [WithWallet(providers[key], Money(minor, currency)) for key, currency, minor in rows]
