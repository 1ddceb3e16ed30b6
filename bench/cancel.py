"""From money to silence: how long after a payment is posted the reminders that wait for its account are cancelled.

Ten thousand messages wait, four for each account. Payments arrive one after the other the way a wallet's word of
success does: attempt, payment, journal entry and account in one transaction, and after its commit whoever listens. The
time of each is taken from the call that posts until another connection sees none of that account's messages due any
more; the whole posting is in it. At the end one account for which ten thousand wait is paid, too.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import connection

from bench.people import accounts_of, queue_reminders, working_day
from bench.result import Result
from common.clock import now
from common.money import Money
from payments.services.outcomes import apply_result
from reminders.models import Message
from wallets.models import Provider
from wallets.providers.base import PaymentResult, PaymentState

QUEUED, EACH = 10_000, 4
PAYMENTS = 500
MINOR = 2_500
WANTED = 1.0  # seconds, at the 99th of a hundred
_OPEN = """
    WITH payment AS (
        INSERT INTO payments_payment (account_id, state, amount_minor, currency, source, request_key, created_at)
        SELECT id, 'open', %(minor)s, 'GBP', 'link', '', now() FROM unnest(%(accounts)s::bigint[]) AS account(id)
        RETURNING id, account_id
    )
    INSERT INTO payments_attempt (payment_id, provider_id, merchant_reference, provider_reference, state, amount_minor,
        currency, decline_code, decline_category, reason, save_method, needs_person, look_ups, created_at)
    SELECT id, %(provider)s, 'bench' || id, '', 'pending', %(minor)s, 'GBP', '', '', '', false, false, 0, now()
      FROM payment RETURNING id, merchant_reference, (SELECT account_id FROM payment p WHERE p.id = payment_id)
"""
_STILL_DUE = "SELECT count(*) FROM reminders_message WHERE account_id = %s AND state = 'due' AND step_id IS NOT NULL"


def run(scale: float = 1.0) -> Result:
    working_day()
    accounts = accounts_of(max(100, int(QUEUED * scale)) // EACH)
    queue_reminders(accounts, each=EACH)
    queued = Message.objects.filter(state="due").count()
    provider = Provider.objects.create(key="paypal", name="PayPal", status="vetted", currencies=["GBP"])
    other = connection.copy()
    try:
        chosen = accounts[:: max(1, len(accounts) // PAYMENTS)]
        took = sorted(_pay(one, other) for one in _open(chosen, provider))
        alone = _one_with_all_of_them(provider, other, queued)
    finally:
        other.close()
    p99 = took[len(took) * 99 // 100]
    notes = {
        "queued": queued,
        "p50_ms": round(took[len(took) // 2] * 1e3, 1),
        "p99_ms": round(p99 * 1e3, 1),
        "max_ms": round(took[-1] * 1e3, 1),
        "all_of_one_account_ms": round(alone * 1e3, 1),
        "broken": p99 > WANTED,
    }
    return Result("cancel", len(took), sum(took), "payments a second if each took the second asked for", 1, notes=notes)


def _open(accounts: list[int], provider: Provider) -> list[tuple[int, str, int]]:
    """Payments that a wallet has still to answer: attempt, our reference, account."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"accounts": accounts, "provider": provider.pk, "minor": MINOR})
        found: list[tuple[int, str, int]] = cursor.fetchall()
    return found


def _pay(one: tuple[int, str, int], other: Any) -> float:
    attempt, reference, account = one
    if not _still_due(account, other):
        raise RuntimeError("Nothing was waiting for this account.")
    result = PaymentResult(
        state=PaymentState.SUCCEEDED, merchant_ref=reference, provider_ref=f"P{attempt}", amount=Money(MINOR, "GBP"),
        paid_at=now(),
    )  # fmt: skip
    began = time.perf_counter()
    if apply_result(attempt, result, source="bench").outcome != "applied":
        raise RuntimeError("A payment of the bench was not applied.")
    while _still_due(account, other):
        time.sleep(0.001)
    return time.perf_counter() - began


def _still_due(account: int, other: Any) -> int:
    with other.cursor() as cursor:
        cursor.execute(_STILL_DUE, [account])
        return int(cursor.fetchone()[0])


def _one_with_all_of_them(provider: Provider, other: Any, number: int) -> float:
    account = accounts_of(1)
    queue_reminders(account, each=number)
    return _pay(_open(account, provider)[0], other)
