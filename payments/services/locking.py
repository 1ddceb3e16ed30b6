"""The one lock order: account, then payment, then attempt."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Manager, Model, QuerySet

from accounts.models import Account
from payments.models import Attempt, Payment
from wallets.models import Provider

RowT = TypeVar("RowT", bound=Model)


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
    """As `lock_chain`, for many: every account in the order of ids, then every payment, then every attempt."""
    ids = Attempt.objects.filter(pk__any_of=attempt_ids).values_list("payment_id", "payment__account_id")
    payment_ids, account_ids = (list(column) for column in zip(*ids, strict=True)) if ids else ([], [])
    accounts = {row.pk: row for row in _locked(Account.objects, account_ids)}
    payments = {row.pk: row for row in _locked(Payment.objects, payment_ids)}
    attempts = list(_locked(Attempt.objects, attempt_ids))
    providers = Provider.objects.in_bulk({attempt.provider_id for attempt in attempts})
    for attempt in attempts:
        payment = payments[attempt.payment_id]
        payment.know(account=accounts[payment.account_id])
        attempt.know(provider=providers[attempt.provider_id], payment=payment)
    return attempts


def _locked(rows: Manager[RowT], ids: Collection[int]) -> QuerySet[RowT]:
    return rows.filter(pk__any_of=ids).order_by("pk").select_for_update()
