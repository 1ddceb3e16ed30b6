"""The one lock order: account, then payment, then attempt."""

from __future__ import annotations

from accounts.models import Account
from payments.models import Attempt, Payment


def lock_account(account_id: int) -> Account:
    return Account.objects.select_for_update().get(pk=account_id)


def lock_chain(attempt_id: int) -> tuple[Account, Payment, Attempt]:
    """Lock an attempt's account, payment and itself. The ids on the way never change, so they are read unlocked."""
    payment_id, account_id = Attempt.objects.values_list("payment_id", "payment__account_id").get(pk=attempt_id)
    account = lock_account(account_id)
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    attempt = Attempt.objects.select_for_update().get(pk=attempt_id)
    payment.account = account
    attempt.payment = payment
    return account, payment, attempt
