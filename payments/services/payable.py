"""How much a person may pay on their page: what is owed, or what was given up where the creditor lets people pay it."""

from __future__ import annotations

from accounts.models import Account
from common.money import Money
from payments.moves.limits import rule_for
from payments.services.recovering import recoverable_minor


def voluntary(account: Account) -> bool:
    """Whether it was written off and may be paid all the same, of the person's own wish."""
    return account.status == "written_off" and rule_for(account.creditor).may_pay


def payable(account: Account) -> Money:
    given_up = recoverable_minor(account) if voluntary(account) else 0
    return Money(account.balance_minor + given_up, account.currency)
