"""Where nothing is collected any more, no debit agreement stays: ended here at once, and at the wallet right after."""

from __future__ import annotations

from accounts.models import Account
from wallets.models import Mandate
from wallets.services import revoke_mandate

OPEN = ("pending", "active", "paused")
NOTHING_OWED = "nothing is owed any more"
NOT_COLLECTED = "the account is no longer collected"


def end_agreements(*accounts: Account, reason: str) -> int:
    """End what the debtors signed for these accounts, or were about to; how many. The caller holds their locks."""
    mandates = list(Mandate.objects.filter(account__in=accounts, state__in=OPEN).order_by("account_id", "pk"))
    return sum(revoke_mandate(mandate, reason=reason, source="system") for mandate in mandates)
