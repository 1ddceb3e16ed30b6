"""Accounts that were paid or taken back by another door than a payment: their plans and agreements end, too.

A creditor's file closes accounts by the thousand in SQL; this finds the few of them that somebody pays by agreement.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from payments.accrual.rules import LIVE_PLANS
from payments.models import Plan
from payments.plans import cancel_plan
from payments.services import settling
from payments.services.agreements import NOT_COLLECTED, NOTHING_OWED, OPEN, end_agreements
from payments.services.ending import drop_queued_debits
from payments.services.locking import lock_account
from wallets.models import Mandate

OVER = ~Q(account__status="open") | Q(account__balance_minor__lte=0)


def end_needless_agreements(batch: int = 200) -> int:
    """End plans and agreements of accounts that take no money any more; how many. Safe to run twice at once."""
    mandates = Mandate.objects.filter(OVER, state__in=OPEN).values_list("account_id", flat=True)
    plans = Plan.objects.filter(OVER, state__in=LIVE_PLANS).values_list("account_id", flat=True)
    wanted = sorted({*mandates[:batch], *plans[:batch]})
    return sum(_clear_up(account_id) for account_id in wanted)


@transaction.atomic
def _clear_up(account_id: int) -> bool:
    account = lock_account(account_id)
    if account.status == "open" and account.balance_minor > 0:
        return False
    paid = account.balance_minor <= 0
    if paid:
        settling.credit_instalments(account, 0, None)
    else:
        drop_queued_debits(account, reason="account_not_open")
        for plan in Plan.objects.filter(account=account, state__in=LIVE_PLANS):
            cancel_plan(plan, reason=NOT_COLLECTED)
    end_agreements(account, reason=NOTHING_OWED if paid else NOT_COLLECTED)
    return True
