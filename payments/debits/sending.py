"""Sending claimed debits many at a time. The network runs on its own thread; the database stays on the caller's."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from common import clock
from common.errors import PlatformError
from common.http import OutcomeUnknown
from common.http.transport import close_async_client
from payments.debits.claiming import Claimed
from wallets.gateway import adapter_at
from wallets.health import Meter
from wallets.providers.base import MandateResult, MandateState, PaymentResult, PaymentState, WalletProvider

logger = logging.getLogger(__name__)

IN_FLIGHT = 200
SETTLE_TOGETHER = 50
# A call takes at most its own deadline; with less of the lease left it is not begun.
LEAST_LEASE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """`result` is None when nothing was sent (`reason` says why); `standing` is what the mandate query said."""

    claim: Claimed
    result: PaymentResult | None = None
    standing: MandateResult | None = None
    reason: str = ""


def send_all(claims: Sequence[Claimed]) -> Iterator[list[Answered]]:
    """Send every claim and hand back the answers as they come, a handful at a time."""
    answers: queue.SimpleQueue[Answered | None] = queue.SimpleQueue()
    # In sandbox mode reading the clock reads the database, which has no place on an event loop.
    ahead = clock.offset()

    def moment() -> datetime:
        return clock.real_now() + ahead

    wallets = {claim.provider.pk: adapter_at(claim.provider, moment) for claim in claims}
    meter = Meter(moment)
    network = threading.Thread(
        target=lambda: asyncio.run(_send_all(claims, wallets, answers, meter)), name="debits", daemon=True
    )
    network.start()
    yield from _in_handfuls(answers)
    network.join()
    meter.flush()


def _in_handfuls(answers: queue.SimpleQueue[Answered | None]) -> Iterator[list[Answered]]:
    handful: list[Answered] = []
    while True:
        answer = answers.get()
        if answer:
            handful.append(answer)
        if handful and (answer is None or answers.empty() or len(handful) >= SETTLE_TOGETHER):
            yield handful
            handful = []
        if answer is None:
            return


async def _send_all(
    claims: Sequence[Claimed],
    wallets: dict[int, WalletProvider],
    answers: queue.SimpleQueue[Answered | None],
    meter: Meter,
) -> None:
    room = asyncio.Semaphore(IN_FLIGHT)

    async def send(claim: Claimed) -> None:
        async with room:
            if claim.until - LEAST_LEASE < meter.moment():
                return
            answers.put(await _send(claim, wallets[claim.provider.pk], meter))

    try:
        outcomes = await asyncio.gather(*(send(claim) for claim in claims), return_exceptions=True)
        for error in outcomes:
            if error:
                logger.error("a debit was left to the look-up", exc_info=error)
        await close_async_client()
    finally:
        answers.put(None)


async def _send(claim: Claimed, wallet: WalletProvider, meter: Meter) -> Answered:
    """Ask how the mandate stands (it may have run out without a word), then charge it."""
    mandate = claim.request.mandate
    try:
        standing = await meter.arun(claim.provider, wallet.get_mandate(mandate.mandate_ref, mandate.merchant_ref))
    except PlatformError as error:
        return Answered(claim=claim, reason=_why_not(error))
    if standing.state is not MandateState.ACTIVE:
        reason = {MandateState.EXPIRED: "mandate_expired", MandateState.UNKNOWN: "provider_down"}
        return Answered(claim=claim, standing=standing, reason=reason.get(standing.state, "mandate_revoked"))
    try:
        charged = await meter.arun(claim.provider, wallet.charge(claim.request))
        return Answered(claim=claim, standing=standing, result=charged)
    except OutcomeUnknown:
        unknown = PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=claim.request.merchant_ref)
        return Answered(claim=claim, standing=standing, result=unknown)
    except PlatformError as error:
        return Answered(claim=claim, standing=standing, reason=_why_not(error))


def _why_not(error: PlatformError) -> str:
    return {"not_sent": "not_sent", "wallet_config": "credentials"}.get(error.code, "provider_down")
