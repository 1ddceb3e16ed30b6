"""Sending claimed debits many at a time. The network runs on its own thread; the database stays on the caller's."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from django.conf import settings

from common import clock
from common.errors import PlatformError
from common.http import OutcomeUnknown
from common.http.transport import close_async_client
from payments.debits.claiming import Claimed
from payments.debits.lining_up import WaitingLine
from wallets.gateway import adapter_at
from wallets.health import Meter
from wallets.models import Provider
from wallets.providers.base import (
    ConfigError,
    MandateResult,
    MandateState,
    PaymentResult,
    PaymentState,
    WalletProvider,
)

logger = logging.getLogger(__name__)

# The world was looked at when the debit was claimed. One that waited longer for its turn is not sent: agreements are
# revoked and debts paid meanwhile, so it is claimed, and looked at, anew.
LONGEST_WAIT = timedelta(seconds=5)
WAITED = "waited"
FLUSH_EVERY_SECONDS = 1
HELD_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """`result` is None when nothing was sent (`reason` says why); `standing` is what the mandate query said.

    Without either or a reason nobody knows what became of the debit: the look-up finds out.
    """

    claim: Claimed
    result: PaymentResult | None = None
    standing: MandateResult | None = None
    reason: str = ""


class Network:
    """Calls wallets on a thread of its own, so many at a time as the settings allow: in all, and of each wallet.

    `send` returns at once, and every claim that was sent comes back from `take` exactly once. Nothing is kept of a
    claim after that.
    """

    def __init__(self) -> None:
        self.most: int = settings.DEBITS_IN_FLIGHT
        self._sent: Counter[int] = Counter()
        self._back: Counter[int] = Counter()
        self._limits: dict[int, int] = {}
        self._wallets: dict[int, WalletProvider] = {}
        self._answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        # In sandbox mode reading the clock reads the database, which has no place on an event loop.
        ahead = clock.offset()
        self._meter = Meter(lambda: clock.real_now() + ahead)
        self._flushed = self._taken = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="debits", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._line = WaitingLine(self.most, self._limits)

    def __enter__(self) -> Network:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is still on its way when something broke is left to the look-up."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._meter.flush()

    @property
    def open(self) -> int:
        """Claims that were sent and did not come back yet."""
        return self._sent.total() - self._back.total()

    @property
    def waiting(self) -> int:
        """Answers nobody took yet."""
        return self._answers.qsize()

    def full(self) -> list[int]:
        """Providers with as many debits waiting as they may have under way: no more are claimed for them now."""
        return [pk for pk, most in self._limits.items() if self._sent[pk] - self._back[pk] >= 2 * most]

    def send(self, claims: Sequence[Claimed]) -> None:
        ready = []
        for claim in claims:
            self._sent[claim.provider.pk] += 1
            if self._knows(claim.provider):
                ready.append(claim)
            else:
                self._put(Answered(claim=claim, reason="credentials"))
        self._loop.call_soon_threadsafe(self._begin, ready)

    def worth_taking(self, least: int) -> bool:
        """So many answers are there, or no more will come, or those that are there were held long enough."""
        return self._answers.qsize() >= least or not self.open or time.monotonic() - self._taken > HELD_SECONDS

    def take(self, *, most: int, patience: float) -> list[Answered]:
        """The answers that are there, once one of them is or `patience` seconds are over."""
        taken: list[Answered] = []
        with suppress(queue.Empty):
            taken.append(self._answers.get(timeout=patience))
            while len(taken) < most:
                taken.append(self._answers.get_nowait())
        self._taken = time.monotonic()
        if time.monotonic() - self._flushed > FLUSH_EVERY_SECONDS:
            self._flushed = time.monotonic()
            self._meter.flush()
        return taken

    def _knows(self, provider: Provider) -> bool:
        if provider.pk not in self._wallets:
            try:
                self._wallets[provider.pk] = adapter_at(provider, self._meter.moment)
            except ConfigError:
                logger.exception("a wallet with debits to send is not configured", extra={"provider": provider.key})
                return False
            self._limits[provider.pk] = settings.DEBITS_IN_FLIGHT_OF.get(provider.key, self.most)
        return True

    def _put(self, answer: Answered) -> None:
        self._answers.put(answer)
        self._back[answer.claim.provider.pk] += 1

    def _begin(self, claims: Sequence[Claimed]) -> None:
        self._line.join(claims)
        self._call_on()

    def _call_on(self) -> None:
        for claim in self._line.called():
            task = self._loop.create_task(self._call(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, claim: Claimed) -> None:
        answer = Answered(claim=claim)
        try:
            if self._meter.moment() > claim.at + LONGEST_WAIT:
                answer = Answered(claim=claim, reason=WAITED)
            else:
                answer = await _send(claim, self._wallets[claim.provider.pk], self._meter)
        except Exception:
            logger.exception("a debit was left to the look-up", extra={"attempt": claim.attempt_id})
        finally:
            self._line.left(claim)
            self._put(answer)
            self._call_on()

    async def _end(self) -> None:
        self._line.send_home()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await close_async_client()
        await self._loop.shutdown_default_executor()


async def _send(claim: Claimed, wallet: WalletProvider, meter: Meter) -> Answered:
    """Charge it; where agreements run out without a word, ask first how this one stands."""
    standing = None
    mandate = claim.request.mandate
    try:
        if claim.ask_first:
            standing = await meter.arun(claim.provider, wallet.get_mandate(mandate.mandate_ref, mandate.merchant_ref))
    except PlatformError as error:
        return Answered(claim=claim, reason=_why_not(error))
    if standing and standing.state is not MandateState.ACTIVE:
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
