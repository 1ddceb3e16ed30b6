"""How mandates stand with the provider: what was charged under them so far, for the provider's own rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Sum

from payments.debits.calendar import zone_of
from payments.models import Attempt, Instalment
from wallets.models import Mandate
from wallets.providers.base import Capability, MandateSnapshot, WalletProvider
from wallets.selectors import snapshot

Charges = dict[int, dict[str, Any]]
# What was taken and given back was taken all the same: the wallet counts it, and so does the period.
TAKEN = ("succeeded", "reversed")


def charges_under(mandates: Iterable[int]) -> Charges:
    """By the mandates' ids: how many debits succeeded, how much, and when the last one was."""
    rows = (
        Attempt.objects.filter(mandate__any_of=mandates, state__in=TAKEN)
        .values("mandate")
        .annotate(count=Count("pk"), total=Sum("amount_minor"), last=Max("payment__entry__effective_at"))
    )
    return {row["mandate"]: dict(row) for row in rows}


def standing_of(mandate: Mandate, charges: Charges, announced_at: datetime | None = None) -> MandateSnapshot:
    """`announced_at`: when the wallet took its own notice of the charge in question, where it wants one."""
    seen = charges.get(mandate.pk)
    if not seen:
        return snapshot(mandate, announced_at=announced_at)
    zone = zone_of(mandate.account.debtor)
    return snapshot(
        mandate,
        last_charged_on=seen["last"].astimezone(zone).date() if seen["last"] else None,
        charged_count=seen["count"],
        charged_minor=seen["total"],
        announced_at=announced_at,
    )


def unlike_announced(row: Instalment, minor: int, wallet: WalletProvider | None) -> str:
    """Why `minor` is not what people were told; "" when it is. Never more than that, and where the wallet takes a
    constant amount only, never less either. `wallet` None: one that nobody can ask now."""
    told = row.announced_minor
    if told is None or minor == told:
        return ""
    if minor > told:
        return "more_than_announced"
    variable = wallet is None or wallet.descriptor.can(Capability.VARIABLE_AMOUNT)
    return "" if variable else "amount_changed"
