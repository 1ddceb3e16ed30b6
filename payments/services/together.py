"""Answers that mean what was hoped for are applied together; all others go through `apply_result`, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from payments.models import Attempt, Deposit
from payments.services.locking import lock_chains
from payments.services.succeeding import Success, settle_successes
from wallets.providers.base import PaymentResult, PaymentState


@transaction.atomic(savepoint=False)
def apply_plain_successes(results: Mapping[int, PaymentResult], *, source: str) -> set[int]:
    """Settle those that are plain successes; their attempts' ids. The others are left as they are, and locked too.

    Locks accounts, payments and attempts, in this order and by the accounts' ids; the caller is in a transaction.
    """
    hopeful = {pk: result for pk, result in results.items() if _says_paid(result)}
    attempts = lock_chains(hopeful)
    booked = _booked_as_transfers(attempts)
    found: dict[int, Success] = {}
    for attempt in attempts:
        result = hopeful[attempt.pk]
        if _as_asked(attempt, result) and attempt.pk not in booked:
            account = attempt.payment.account
            found.setdefault(account.pk, Success(attempt, result, account))
    plain = sorted(found.values(), key=lambda success: success.account.pk)
    for success in plain:
        attempt, result = success.attempt, success.result
        attempt.provider_reference = result.provider_ref or attempt.provider_reference
        attempt.paid_with = result.paid_with.code if result.paid_with else attempt.paid_with
    if plain:
        settle_successes(plain, source=source)
    return {success.attempt.pk for success in plain}


def _booked_as_transfers(attempts: Sequence[Attempt]) -> set[int]:
    """Those whose money was booked transfer by transfer. A debit under an agreement never is."""
    may_be = [attempt.pk for attempt in attempts if attempt.mandate_id is None]
    if not may_be:
        return set()
    booked = Deposit.objects.filter(address__attempt__any_of=may_be, entry__isnull=False)
    return set(booked.values_list("address__attempt_id", flat=True))


def _says_paid(result: PaymentResult) -> bool:
    """Nothing but that: no quote to keep, no transfers, disputes or refunds to follow."""
    more = (result.quote, result.issues, result.deposits, result.disputes, result.refunds, result.refunded)
    return result.state is PaymentState.SUCCEEDED and result.found and not any(more)


def _as_asked(attempt: Attempt, result: PaymentResult) -> bool:
    return (
        attempt.state == "sending"
        and attempt.payment.state == "open"
        and not attempt.save_method
        and result.merchant_ref == attempt.merchant_reference
        and result.amount == attempt.amount
    )
