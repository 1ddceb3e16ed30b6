"""The doors to refunds and surpluses, and what their lists read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.selectors import accounts_visible_to
from common.errors import NotFound
from common.ids import row_id_of
from payments.models import LedgerAccount, Posting, Refund, SurplusDecision


def refunds_visible_to(user: User) -> QuerySet[Refund]:
    rows = Refund.objects.filter(payment__account__in=accounts_visible_to(user))
    return rows.select_related(
        "payment__account__debtor", "payment__account__creditor", "attempt", "provider", "requested_by", "decided_by"
    )


def access_refund(user: User, reference: str) -> Refund:
    refund = refunds_visible_to(user).filter(pk=row_id_of(reference) or 0).first()
    if refund is None:
        raise NotFound(_("There is no such refund, or it is not yours to see."))
    return refund


def access_decision(user: User, reference: str) -> SurplusDecision:
    rows = SurplusDecision.objects.filter(account__in=accounts_visible_to(user), state="requested")
    row = rows.select_related("account", "to_account").filter(pk=row_id_of(reference) or 0).first()
    if row is None:
        raise NotFound(_("There is nothing to decide here any more. Go back to the list."))
    return row


def surpluses_visible_to(user: User) -> list[tuple[Account, int]]:
    """Accounts under which money waits in suspense (or is missing there), and how much."""
    waiting = Posting.objects.filter(
        ledger_account__kind=LedgerAccount.Kind.SUSPENSE, account__in=accounts_visible_to(user)
    )
    sums: Any = waiting.values("account").annotate(minor=Sum("amount_minor")).exclude(minor=0).order_by("account")
    by_account = {row["account"]: -row["minor"] for row in sums}
    rows = Account.objects.filter(pk__in=by_account).select_related("debtor", "creditor").order_by("-pk")
    return [(account, by_account[account.pk]) for account in rows]


def other_accounts(account: Account) -> QuerySet[Account]:
    """Debts of the same person that a surplus may be set against."""
    rows = Account.objects.filter(
        debtor_id=account.debtor_id, creditor_id=account.creditor_id, currency=account.currency, balance_minor__gt=0
    )
    return rows.exclude(pk=account.pk).order_by("-pk")
