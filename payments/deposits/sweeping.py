"""Looking at every address ever handed out, ever more rarely: money can come weeks later, twice, or in another coin.

Claimed in batches with a lease, so that ticks may overlap or die: reading the same blocks again changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from common import clock
from common.clock import now
from common.errors import PlatformError
from payments.deposits.coins import record_coins
from payments.deposits.networks import watched_at_once
from payments.models import Deposit, DepositAddress
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services.outcomes import apply_result
from wallets.gateway import adapter, call
from wallets.models import Provider
from wallets.providers import deposits as reported
from wallets.providers.base import PaymentResult, RateLimited
from wallets.providers.watching import DepositWatcher, Watch

logger = logging.getLogger(__name__)

BUDGET = timedelta(seconds=15)
LEASE = timedelta(minutes=10)
# How often an address is looked at, by the age of its payment. While a payer waits, the page and the ladder look too.
OFTEN = (
    (timedelta(hours=2), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=10)),
    (timedelta(days=30), timedelta(hours=1)),
    (timedelta.max, timedelta(days=1)),
)
SOON = timedelta(minutes=1)
MOST_DOUBLINGS = 6
ON_CHAIN = ("seen", "counted", "held", "proposed", "credited", "to_return", "returned", "left")


def sweep_deposits(budget: timedelta = BUDGET) -> int:
    """Sweep what is due for as long as the budget lasts; how many addresses. Not inside a transaction."""
    ends = clock.real_now() + budget
    swept = 0
    while clock.real_now() < ends:
        batch = _claim()
        if not batch:
            break
        swept += len(batch)
        _sweep(batch)
    return swept


@transaction.atomic(durable=True)
def _claim() -> list[DepositAddress]:
    """Addresses of one provider. What failed before is asked about in ever smaller groups, so that one address that
    cannot be read keeps no other waiting.
    """
    due = DepositAddress.objects.filter(sweep_at__lte=now()).select_for_update(skip_locked=True, of=("self",))
    first = due.select_related("attempt").order_by("sweep_at").first()
    if first is None:
        return []
    size = max(1, watched_at_once(first.network) >> 2 * min(first.failures, MOST_DOUBLINGS))
    alike = due.filter(attempt__provider=first.attempt.provider_id, failures=first.failures)
    batch = list(alike.select_related("attempt__provider").order_by("sweep_at")[:size])
    DepositAddress.objects.filter(pk__in=[row.pk for row in batch]).update(sweep_at=now() + LEASE)
    return batch


def _sweep(batch: list[DepositAddress]) -> None:
    provider = batch[0].attempt.provider
    known = known_at(batch)
    watches = [watch_of(address, known[address.pk]) for address in batch]
    try:
        wallet = adapter(provider)
        if not isinstance(wallet, DepositWatcher):
            return
        found = call(wallet.sweep(watches), provider)
    except PlatformError as error:
        _put_off(batch, error)
        return
    for address, result in zip(batch, found.payments, strict=True):
        _apply(address, known[address.pk], result, found.scanned_to)
    _look_for_coins(batch, watches, wallet, provider)


def known_at(batch: Sequence[DepositAddress]) -> dict[int, list[Deposit]]:
    known: dict[int, list[Deposit]] = {address.pk: [] for address in batch}
    rows = Deposit.objects.filter(address__in=batch, state__in=ON_CHAIN).exclude(kind=Deposit.Kind.COIN)
    for row in rows.select_related("address"):
        known[row.address_id].append(row)
    return known


def watch_of(address: DepositAddress, known: Sequence[Deposit]) -> Watch:
    attempt = address.attempt
    return Watch(
        merchant_ref=attempt.merchant_reference,
        provider_ref=attempt.provider_reference,
        posted=attempt.state == "succeeded",
        known=tuple(_reported(row) for row in known),
        scanned_to=address.scanned_to,
    )


def _reported(row: Deposit) -> reported.Deposit:
    return reported.Deposit(
        key=row.key,
        address=row.address.address,
        token=row.asset,
        value=int(row.units),
        sender=row.sender,
        position=row.position,
        block_hash=row.block_hash,
        block_time=row.block_at,
        final=row.final,
    )


def _apply(address: DepositAddress, known: Sequence[Deposit], result: PaymentResult, scanned_to: int) -> None:
    """The cursor moves only when everything up to it is on record. Two sweeps at once: it never moves back."""
    try:
        if result.deposits or known or address.attempt.state in OPEN_ATTEMPT_STATES:
            seen = {row.key: row.seen_at for row in known}
            apply_result(address.attempt_id, result, source="sweep", known=seen)
    except Exception:  # one payment nobody can apply must not keep the others waiting
        logger.exception("a swept address could not be applied", extra={"address": address.pk})
        _fail([address])
        return
    unsure = any(not deposit.final for deposit in result.deposits)
    rows = DepositAddress.objects.filter(pk=address.pk)
    rows.filter(scanned_to__lt=scanned_to).update(scanned_to=scanned_to)
    due = now() + (SOON if unsure else _pause(address, now()))
    rows.update(swept_at=now(), failures=0, sweep_at=due)


def _pause(address: DepositAddress, moment: datetime) -> timedelta:
    age = moment - address.attempt.created_at
    return next(pause for span, pause in OFTEN if age < span)


def _look_for_coins(
    batch: list[DepositAddress], watches: Sequence[Watch], wallet: DepositWatcher, provider: Provider
) -> None:
    """A node that cannot tell balances is no reason not to see the payments."""
    try:
        record_coins(batch, call(wallet.coins(watches), provider))
    except PlatformError as error:
        logger.warning("balances could not be read", extra={"provider": provider.key, "code": error.code})


def _put_off(batch: Sequence[DepositAddress], error: PlatformError) -> None:
    logger.warning("a sweep without an answer", extra={"addresses": len(batch), "code": error.code})
    if isinstance(error, RateLimited):
        later = now() + timedelta(seconds=max(error.retry_after, 1))
        DepositAddress.objects.filter(pk__in=[row.pk for row in batch]).update(sweep_at=later)
        return
    _fail(batch)


def _fail(batch: Sequence[DepositAddress]) -> None:
    pause = SOON * 2 ** min(batch[0].failures, MOST_DOUBLINGS)
    rows = DepositAddress.objects.filter(pk__in=[row.pk for row in batch])
    rows.update(failures=Least(F("failures") + 1, 1000), sweep_at=now() + pause)
