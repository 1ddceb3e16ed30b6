"""Asking a provider for its books of a day. A chain has no statement: its own transfers to our addresses are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Q

from payments.deposits.sweeping import known_at, watch_of
from payments.models import DepositAddress
from wallets.gateway import adapter, call
from wallets.models import Provider
from wallets.providers import base, registry
from wallets.providers.base import Capability
from wallets.providers.watching import DepositWatcher

ADDRESSES_AT_ONCE = 500
# Older addresses are swept daily; one of them is looked up again when the sweep has found something there.
YOUNG = timedelta(days=90)


def gives_books(provider: Provider) -> bool:
    wallet = adapter(provider)
    return isinstance(wallet, DepositWatcher) or wallet.descriptor.can(Capability.STATEMENT)


def fetch_books(provider: Provider, day: date) -> Sequence[base.StatementLine]:
    """Raises what the provider raises. Not inside a transaction."""
    wallet = adapter(provider)
    if not isinstance(wallet, DepositWatcher):
        return call(wallet.statement(day), provider)
    lines: list[base.StatementLine] = []
    addresses = _addresses(provider, day)
    for place in range(0, len(addresses), ADDRESSES_AT_ONCE):
        some = addresses[place : place + ADDRESSES_AT_ONCE]
        known = known_at(some)
        watches = [watch_of(address, known[address.pk]) for address in some]
        lines += call(wallet.books(watches, day), provider)
    return lines


def _addresses(provider: Provider, day: date) -> list[DepositAddress]:
    books = registry.facts_of(provider.key).books
    opens, closes = books.begins(day), books.begins(day + timedelta(days=1))
    young = Q(attempt__created_at__gte=opens - YOUNG)
    told = Q(deposits__block_at__gte=opens, deposits__block_at__lt=closes)
    rows = DepositAddress.objects.filter(young | told, attempt__provider=provider, attempt__created_at__lt=closes)
    return list(rows.select_related("attempt").order_by("pk").distinct())
