"""Turning due instalments into payments with an attempt each, in batches, under the accounts' locks."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.events import new_event, record_events
from accounts.models import Account, Event
from common.bulk import insert_rows, update_rows
from common.by_index import read_by_index
from common.clock import now
from common.ids import uuid7
from common.rows import new_row
from payments.debits.calendar import morning_of, zone_of
from payments.debits.claiming import LEASE, Claimed, claim_of
from payments.debits.parts import in_parts
from payments.debits.preconditions import TOLD_OTHERWISE, Candidate, refusal
from payments.debits.releasing import CALLED_OFF, call_off
from payments.debits.world import World, lock_free_accounts, read_world
from payments.models import Attempt, Instalment, Payment
from wallets.periods import next_period
from wallets.providers.base import Capability

logger = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=10)
PAGE_PATIENCE = timedelta(minutes=1)
UNREADABLE = "unreadable"
# An instalment and its account, by their keys.
Due = tuple[int, int]


@dataclass
class Planned:
    """`found` instalments were due. `in_the_way`: open link attempts whose page is over and which have to be closed
    with the provider first, and the instalments that wait for it.
    """

    found: int = 0
    created: int = 0
    refused: int = 0
    in_the_way: dict[int, int] = field(default_factory=dict)
    claims: list[Claimed] = field(default_factory=list)

    def __iadd__(self, other: Planned) -> Planned:
        self.found += other.found
        self.created += other.created
        self.refused += other.refused
        self.in_the_way |= other.in_the_way
        self.claims += other.claims
        return self


def plan_debits(
    batch: int, *, since: datetime | None = None, but_not: Collection[int] = (), claim: bool = False
) -> Planned:
    """Create a payment and an attempt (state created) for each instalment that may be debited now, up to `batch`.

    With `claim` they are the caller's to send: the look that plans a debit is the look at which it is claimed. Leaves
    out what was tried `since` then, and the providers `but_not`. A row that cannot be worked on waits and says so; the
    others go on without it.
    """
    due = _due(now(), since=since)
    if but_not:
        due = due.exclude(plan__mandate__provider__in=but_not)
    with transaction.atomic():
        read_by_index()
        found = list(due.order_by("debit_not_before", "pk").values_list("pk", "plan__account_id")[:batch])
    total = Planned(found=len(found))
    for part in in_parts(found, partial(_plan, claim=claim), _set_aside):
        total += part
    return total


def _due(moment: datetime, *, since: datetime | None = None) -> QuerySet[Instalment]:
    """What is being tried, or was tried `since` then, is not due again."""
    tried = Q(state="open") if since is None else Q(state="open") | Q(created_at__gte=since)
    not_tried = ~Exists(Payment.objects.filter(tried, instalment=OuterRef("pk")))
    return Instalment.objects.filter(not_tried, state="noticed", debit_not_before__lte=moment)


@transaction.atomic(durable=True)
def _plan(found: Sequence[Due], *, claim: bool) -> Planned:
    read_by_index()
    accounts = lock_free_accounts([account_id for _row_id, account_id in found])
    moment = now()
    due = _due(moment).filter(pk__any_of=[row_id for row_id, account_id in found if account_id in accounts])
    rows = _one_each(due.order_by("debit_not_before", "pk").select_related("plan"))
    world = read_world(moment, accounts, [row.plan.mandate_id for row in rows if row.plan.mandate_id])
    in_flight = _open_payments(accounts)
    decisions = Decisions(world)
    for row in rows:
        account = accounts[row.plan.account_id]
        row.plan.know(account=account)
        if account.pk in in_flight:
            decisions.wait_for(in_flight[account.pk], row)
        else:
            decisions.consider(row, account)
    return decisions.write(claim=claim)


def _one_each(rows: Iterable[Instalment]) -> list[Instalment]:
    """The oldest due of each account: an account has one open payment at a time."""
    first: dict[int, Instalment] = {}
    for row in rows:
        first.setdefault(row.plan.account_id, row)
    return list(first.values())


def _open_payments(accounts: Iterable[int]) -> dict[int, Attempt]:
    found = Attempt.objects.filter(payment__account__any_of=accounts, payment__state="open").select_related("payment")
    return {attempt.payment.account_id: attempt for attempt in found.order_by("pk")}


@dataclass
class Decisions:
    """What becomes of each due instalment of a batch: decided in memory, then written together."""

    world: World
    debits: list[Candidate] = field(default_factory=list)
    refused: list[Instalment] = field(default_factory=list)
    called_off: list[Instalment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    in_the_way: dict[int, int] = field(default_factory=dict)

    def wait_for(self, attempt: Attempt, row: Instalment) -> None:
        over = attempt.expires_at is not None and attempt.expires_at <= self.world.at
        if attempt.payment.source == "link" and over:
            self.in_the_way[attempt.pk] = row.pk
        self.refuse(row, "payment_open", until=self.world.at + PAGE_PATIENCE)

    def consider(self, row: Instalment, account: Account) -> None:
        mandate = self.world.mandates.get(row.plan.mandate_id or 0)
        if mandate is None:
            self.refuse(row, "mandate_not_active")
            return
        wallet = self.world.wallets[mandate.provider_id].works
        if wallet is None:
            self.refuse(row, "credentials")
            return
        debit = self.world.candidate(row, account, mandate, wallet)
        reason = refusal(debit)
        if not reason:
            self.debits.append(debit)
        elif _must_be_told_again(debit, reason):
            self.events.append(call_off(row, account, reason))
            self.called_off.append(row)
        else:
            if debit.forbidden and row.last_reason != reason:
                debit.law.record(debit)
            self.refuse(row, reason, until=_again_at(debit, reason))

    def refuse(self, row: Instalment, reason: str, *, until: datetime | None = None) -> None:
        """Kept on the instalment where people look; an event only when it is news."""
        until = until or self.world.at + LOOK_AGAIN
        if row.last_reason != reason:
            account, plan = row.plan.account, str(row.plan)
            told = new_event("debit.refused", account=account, plan=plan, instalment=row.number, reason=reason)
            self.events.append(told)
        row.last_reason, row.debit_not_before = reason, max(until, row.debit_not_before or until)
        self.refused.append(row)

    def write(self, *, claim: bool) -> Planned:
        update_rows(self.refused, "last_reason", "debit_not_before")
        update_rows(self.called_off, *CALLED_OFF)
        attempts = _create(self.debits, claimed_until=self.world.at + LEASE if claim else None)
        record_events([*self.events, *map(_started, attempts)])
        made = zip(attempts, self.debits, strict=True) if claim else ()
        return Planned(
            claims=[claim_of(attempt, debit, self.world.wallets[attempt.provider_id]) for attempt, debit in made],
            created=len(self.debits),
            refused=len(self.refused) + len(self.called_off),
            in_the_way=self.in_the_way,
        )


def _again_at(debit: Candidate, reason: str) -> datetime:
    until = debit.at + LOOK_AGAIN
    if reason == "outside_window":
        until = max(until, debit.window().opens_at or until)
    if debit.forbidden and reason == debit.forbidden.reason:
        until = max(until, debit.forbidden.until or until)
    if reason == "period_used":
        zone = zone_of(debit.account.debtor)
        begins = next_period(debit.standing.terms, debit.at.astimezone(zone).date())
        until = max(until, morning_of(begins, zone))
    return until


def _must_be_told_again(debit: Candidate, reason: str) -> bool:
    """The wallet's notice ran out before the debit could be made (no day is left for it), or never reached it."""
    if reason in TOLD_OTHERWISE:
        return True
    if not debit.wallet.descriptor.can(Capability.PRE_DEBIT_NOTICE):
        return False
    told = debit.instalment.announced_at
    ran_out = told is not None and reason == "outside_window" and debit.window().opens_at is None
    return ran_out or (told is None and reason == "notice_not_given" and debit.instalment.notice_sent_at is not None)


def _create(debits: Sequence[Candidate], *, claimed_until: datetime | None) -> list[Attempt]:
    moment = now()
    payments = [
        new_row(
            Payment,
            account=debit.account,
            instalment=debit.instalment,
            amount_minor=debit.minor,
            currency=debit.account.currency,
            source="debit",
            created_at=moment,
        )
        for debit in debits
    ]
    insert_rows(payments)
    attempts = [
        new_row(
            Attempt,
            payment=payment,
            provider=debit.mandate.provider,
            mandate=debit.mandate,
            merchant_reference=debit.wallet.merchant_ref(uuid7().hex),
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            state="sending" if claimed_until else "created",
            claimed_until=claimed_until,
            created_at=moment,
        )
        for debit, payment in zip(debits, payments, strict=True)
    ]
    insert_rows(attempts)
    return attempts


def _started(attempt: Attempt) -> Event:
    return new_event(
        "payment.started",
        account=attempt.payment.account,
        payment=attempt.payment.reference,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        provider=attempt.provider.key,
        by="debit",
    )


def _set_aside(due: Due) -> None:
    row_id, _account_id = due
    until = now() + LOOK_AGAIN
    Instalment.objects.filter(pk=row_id, state="noticed").update(last_reason=UNREADABLE, debit_not_before=until)
