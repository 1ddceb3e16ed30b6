"""The debit worker: plan, claim, send, settle. Every step is committed before the next, so it may die anywhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connections, transaction

from accounts.models import Account
from common.by_index import read_by_index
from common.clock import now
from common.errors import PlatformError
from common.garbage import collected_rarely
from payments.debits.claiming import Claimed, claim_debits
from payments.debits.parts import in_parts
from payments.debits.planning import Planned, plan_debits
from payments.debits.sending import WAITED, Answered, Network
from payments.faults import stop_point
from payments.models import Attempt, Instalment
from payments.services.closing import close_attempt
from payments.services.ending import close_unsent
from payments.services.locking import lock_chain
from payments.services.lookups import send_again
from payments.services.outcomes import apply_result
from payments.services.together import apply_plain_successes
from wallets.gateway import refuse_inside_transaction
from wallets.providers.base import MandateState
from wallets.services import apply_mandate_result, note_active

logger = logging.getLogger(__name__)

SETTLE_TOGETHER = 500
MOST_UNSETTLED = 2 * SETTLE_TOGETHER
# A batch costs as much as eighty debits before the first of them, so it is given a moment to fill.
SETTLE_FROM = 400
NOT_SENT_WAIT = timedelta(minutes=10)
LONGEST_OUTAGE = timedelta(days=1)
OUTAGES = frozenset({"not_sent", "provider_down"})
# Below the time limit of a task: what is left then is for the next tick.
LONGEST_RUN_SECONDS = 300
PATIENCE_SECONDS = 0.1
MOMENT_SECONDS = 0.01
# Each is a call that is waited for.
CLOSED_TOGETHER = 20
# So often in a row nothing can be claimed although something is due: others hold it, and they will see to it.
MOST_EMPTY_ROUNDS = 20


@dataclass
class DebitRun:
    created: int = 0
    refused: int = 0
    sent: int = 0
    settled: int = 0


def debit_due_instalments(batch: int = 0) -> DebitRun:
    """Debit what is due, `batch` instalments at a time (else as many as may be on their way). Any number of
    these may run at once, and any may be killed.

    It goes on until nothing is due. The next batch is claimed while the last is on its way, so that the wallets are
    kept busy to the end; where there is more than one batch, a thread of its own does that while this one settles, and
    where answers pile up one more settles, too: all of them wait for the database, and none for another. Not inside a
    transaction. A killed run leaves claims whose lease runs out; the look-up finds out what happened.
    """
    refuse_inside_transaction()
    run, supply = DebitRun(), _Supply(batch or settings.DEBITS_IN_FLIGHT)
    with collected_rarely(), Network() as network:
        supply.next_to(network, run)
        with _beside("supply") as supplying, _beside("settle") as settling:
            _keep_busy(network, supply, run, supplying, _Settling(settling))
    stop_point("after_commit")
    return run


def _keep_busy(network: Network, supply: _Supply, run: DebitRun, beside: Executor, settling: _Settling) -> None:
    coming: Future[None] | None = None
    try:
        while supply.lasts or coming or network.open or network.waiting or settling.under_way:
            if coming and coming.done():
                coming = coming.result()
            if supply.lasts and coming is None:
                coming = beside.submit(supply.keep_up, network, run)
            if not network.worth_taking(SETTLE_FROM):
                time.sleep(MOMENT_SECONDS)
            elif answers := network.take(most=SETTLE_TOGETHER, patience=PATIENCE_SECONDS):
                stop_point("after_answer")
                # What waited too long is in line again before the next are looked for.
                waited = any(answer.reason == WAITED for answer in answers)
                settling.settle(answers, helped=network.waiting >= SETTLE_FROM and not waited)
                supply.hear(waited=waited)
            run.settled += settling.taken()
    finally:
        supply.stopped = True


@dataclass
class _Settling:
    """This thread settles; where another batch is waiting already, a thread beside it takes this one."""

    beside: Executor
    under_way: Future[int] | None = None
    settled: int = 0

    def settle(self, answers: Sequence[Answered], *, helped: bool) -> None:
        if helped and self.under_way is None:
            self.under_way = self.beside.submit(settle, answers)
        else:
            self.settled += settle(answers)

    def taken(self) -> int:
        """How many were settled since this was asked last. Raises what went wrong beside."""
        if self.under_way and self.under_way.done():
            self.settled += self.under_way.result()
            self.under_way = None
        settled, self.settled = self.settled, 0
        return settled


@contextmanager
def _beside(what: str) -> Iterator[Executor]:
    """One more thread, with a connection to the database until it ends."""
    with ThreadPoolExecutor(1, thread_name_prefix=f"debits-{what}") as thread:
        try:
            yield thread
        finally:
            thread.submit(connections.close_all).result()


@dataclass
class _Supply:
    """The debits of one run, planned and claimed as they are needed. No instalment is tried twice in a run."""

    batch: int
    since: datetime = field(default_factory=now)
    ends: float = field(default_factory=lambda: time.monotonic() + LONGEST_RUN_SECONDS)
    lasts: bool = True
    stopped: bool = False
    empty_rounds: int = 0

    def keep_up(self, network: Network, run: DebitRun) -> None:
        """One batch after the other, as long as what was sent and what was answered has not piled up."""
        while self.lasts and not self.stopped:
            if network.open < network.most + self.batch and network.waiting < MOST_UNSETTLED:
                self.next_to(network, run)
            else:
                time.sleep(MOMENT_SECONDS)

    def next_to(self, network: Network, run: DebitRun) -> None:
        """What waits to be sent again comes first; then what falls due."""
        full = network.full()
        claims = claim_debits(self.batch, but_not=full)
        planned = self._plan(self.batch - len(claims), full, close=not network.open)
        claims += planned.claims
        run.created += planned.created
        run.refused += planned.refused
        run.sent += len(claims)
        self._judge(planned, len(claims), full)
        if claims:
            stop_point("before_call")
            network.send(claims)

    def _plan(self, most: int, full: Sequence[int], *, close: bool) -> Planned:
        """`close`: nothing is on its way whose answer would wait for the closing of abandoned pages."""
        plan = partial(plan_debits, since=self.since, but_not=full, claim=True)
        planned = plan(most)
        if close and planned.in_the_way and _close_some(planned.in_the_way):
            planned += plan(most - planned.created)
        return planned

    def hear(self, *, waited: bool) -> None:
        """What waited too long for its turn is in line again."""
        self.lasts = self.lasts or (waited and not self._over())

    def _judge(self, planned: Planned, claimed: int, full: Sequence[int]) -> None:
        moved = claimed or planned.refused
        self.empty_rounds = 0 if moved else self.empty_rounds + 1
        waiting = claimed - planned.created
        nothing_left = planned.found + waiting < self.batch and not full
        self.lasts = not (nothing_left or self._over())

    def _over(self) -> bool:
        return time.monotonic() > self.ends or self.empty_rounds >= MOST_EMPTY_ROUNDS


def _close_some(in_the_way: dict[int, int]) -> int:
    """Abandoned payment pages, ended at the provider; one that turns out to be paid is applied like any success.

    The instalments that waited for them wait no longer.
    """
    closed = []
    some = sorted(in_the_way)[:CLOSED_TOGETHER]
    for attempt in Attempt.objects.filter(pk__in=some).select_related("payment", "provider"):
        try:
            if close_attempt(attempt, source="debit").outcome == "applied":
                closed.append(in_the_way[attempt.pk])
        except PlatformError as error:
            logger.warning("an abandoned page could not be closed", extra={"attempt": attempt.pk, "code": error.code})
    Instalment.objects.filter(pk__in=closed, state="noticed").update(debit_not_before=now())
    return len(closed)


def settle(answers: Sequence[Answered]) -> int:
    """Apply answers, all of them together; one that cannot be applied does not keep the others."""
    told = [answer for answer in answers if answer.result or answer.reason]
    return sum(in_parts(sorted(told, key=lambda answer: answer.claim.account_id), _settle, _leave_to_look_up))


@transaction.atomic
def _settle(answers: Sequence[Answered]) -> int:
    read_by_index()
    # All of them first and in the order of ids: whoever else settles a batch takes them in the same order.
    accounts = {answer.claim.account_id for answer in answers}
    list(Account.objects.filter(pk__any_of=accounts).order_by("pk").select_for_update().values_list("pk"))
    _apply_standings(answers)
    _line_up_again([answer.claim for answer in answers if answer.reason == WAITED])
    results = {answer.claim.attempt_id: answer.result for answer in answers if answer.result}
    done = apply_plain_successes(results, source="debit")
    for answer in answers:
        if answer.result is None and answer.reason != WAITED:
            _not_sent(answer)
        elif answer.result and answer.claim.attempt_id not in done:
            apply_result(answer.claim.attempt_id, answer.result, source="debit")
    return len(results)


def _apply_standings(answers: Sequence[Answered]) -> None:
    standings = {answer.claim.mandate_id: answer.standing for answer in answers if answer.standing}
    active = [pk for pk, standing in standings.items() if standing.state is MandateState.ACTIVE]
    noted = note_active(active) if active else set()
    for pk, standing in standings.items():
        if pk not in noted:
            apply_mandate_result(pk, standing, source="debit")


def _line_up_again(claims: Sequence[Claimed]) -> None:
    """Those whose turn came too late, together: one by one they would keep a worker that is late already from all else.

    Not those that are another worker's by now. The caller holds their accounts' locks.
    """
    for until in {claim.until for claim in claims}:
        mine = [claim.attempt_id for claim in claims if claim.until == until]
        unsent = Attempt.objects.filter(pk__any_of=mine, state="sending", claimed_until=until, needs_person=False)
        unsent.update(state="created", reason=WAITED, claimed_until=None, look_up_at=None, look_ups=0)


def _leave_to_look_up(answer: Answered) -> None:
    """Its lease runs out, and then it is asked about."""
    logger.error("an answer was left to the look-up", extra={"attempt": answer.claim.attempt_id})


def _not_sent(answer: Answered) -> None:
    """Provably nothing left us. An outage is waited out under the same reference; an ended mandate ends the attempt."""
    _account, _payment, attempt = lock_chain(answer.claim.attempt_id)
    if attempt.state != "sending" or attempt.claimed_until != answer.claim.until:
        # The answer took longer than the lease: the debit is another worker's now, or its fate is known.
        return
    waits = answer.reason in OUTAGES and attempt.created_at + LONGEST_OUTAGE > now()
    if waits:
        send_again(attempt.pk, reason=answer.reason, after=NOT_SENT_WAIT)
    else:
        close_unsent(attempt, answer.reason)
