"""The one lock order: account, then payment, then attempt."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import Account
from payments.models import Attempt, Payment
from wallets.models import Provider


def lock_account(account_id: int) -> Account:
    return Account.objects.select_for_update().get(pk=account_id)


def lock_payment(payment_id: int) -> Payment:
    """A payment with its account locked before it."""
    account = lock_account(Payment.objects.values_list("account_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    payment.account = account
    return payment


def lock_chain(attempt_id: int) -> tuple[Account, Payment, Attempt]:
    """Lock an attempt's account, payment and itself. The ids on the way never change, so they are read unlocked."""
    payment_id, account_id = Attempt.objects.values_list("payment_id", "payment__account_id").get(pk=attempt_id)
    account = lock_account(account_id)
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    attempt = Attempt.objects.select_for_update().get(pk=attempt_id)
    payment.account = account
    attempt.payment = payment
    return account, payment, attempt


def lock_chains(attempt_ids: Collection[int]) -> list[Attempt]:
    """As `lock_chain`, for many, by one statement: account, payment and attempt of one after the other, in the order of
    the accounts' ids. What belongs to an account is locked by nobody who has not locked the account."""
    found = Attempt.objects.filter(pk__any_of=attempt_ids).select_related("payment__account")
    ordered = found.order_by("payment__account_id", "payment_id", "pk")
    attempts = list(ordered.select_for_update(of=("self", "payment", "payment__account")))
    payments: dict[int, Payment] = {}
    accounts: dict[int, Account] = {}
    providers = Provider.objects.in_bulk({attempt.provider_id for attempt in attempts})
    for attempt in attempts:
        payment = payments.setdefault(attempt.payment_id, attempt.payment)
        payment.know(account=accounts.setdefault(payment.account_id, payment.account))
        attempt.know(provider=providers[attempt.provider_id], payment=payment)
    return attempts
