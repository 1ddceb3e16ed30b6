"""Turning due instalments into payments with an attempt each, in batches, under the accounts' locks."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from common.ids import uuid7
from payments.debits.calendar import morning_of, zone_of
from payments.debits.preconditions import TOLD_OTHERWISE, Candidate, refusal
from payments.debits.releasing import release
from payments.debits.standing import Charges, charges_under, standing_of
from payments.models import Attempt, Instalment, Payment
from wallets.gateway import adapter
from wallets.models import Mandate
from wallets.periods import next_period
from wallets.providers.base import Capability, ConfigError

logger = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=10)
PAGE_PATIENCE = timedelta(minutes=1)


@dataclass
class Planned:
    """`in_the_way`: open link attempts whose page is over and which have to be closed with the provider first."""

    created: int = 0
    refused: int = 0
    in_the_way: list[int] = field(default_factory=list)


@transaction.atomic(durable=True)
def plan_debits(batch: int) -> Planned:
    """Create a payment and an attempt (state created) for each instalment that may be debited now."""
    moment = now()
    due = (
        Instalment.objects.filter(state="noticed", debit_not_before__lte=moment)
        .exclude(payments__state="open")
        .order_by("debit_not_before", "pk")
    )
    wanted = list(due.values_list("plan__account_id", flat=True)[:batch])
    accounts = _lock(wanted)
    rows = _one_each(due.filter(plan__account__in=accounts).select_related("plan"))
    mandates = _mandates(rows)
    charges = charges_under(mandates.values())
    in_flight = _open_payments(accounts)
    outcome = Planned()
    for row in rows:
        account = accounts[row.plan.account_id]
        mandate = mandates.get(row.plan.mandate_id or 0)
        if account.pk in in_flight:
            _wait_for(in_flight[account.pk], row, outcome, moment)
        elif mandate is None:
            _refuse(row, "mandate_not_active", outcome, until=moment + LOOK_AGAIN)
        else:
            _consider(row, account, mandate, charges, outcome=outcome, moment=moment)
    return outcome


def _consider(
    row: Instalment, account: Account, mandate: Mandate, charges: Charges, *, outcome: Planned, moment: datetime
) -> None:
    try:
        wallet = adapter(mandate.provider)
    except ConfigError:
        # One wallet whose settings are spoilt must not keep the debits of all the others.
        logger.exception("a wallet with agreed debits is not configured", extra={"provider": mandate.provider.key})
        _refuse(row, "credentials", outcome, until=moment + LOOK_AGAIN)
        return
    standing = standing_of(mandate, charges, row.announced_at)
    debit = Candidate(account=account, instalment=row, mandate=mandate, standing=standing, wallet=wallet, at=moment)
    _decide(debit, outcome)


def _lock(account_ids: Iterable[int]) -> dict[int, Account]:
    """Accounts another worker holds are skipped: they are in good hands."""
    rows = Account.objects.filter(pk__in=account_ids).order_by("pk").select_related("debtor", "creditor")
    return {account.pk: account for account in rows.select_for_update(skip_locked=True, of=("self",))}


def _one_each(rows: Iterable[Instalment]) -> list[Instalment]:
    """The oldest due of each account: an account has one open payment at a time."""
    first: dict[int, Instalment] = {}
    for row in rows:
        first.setdefault(row.plan.account_id, row)
    return list(first.values())


def _mandates(rows: Iterable[Instalment]) -> dict[int, Mandate]:
    wanted = [row.plan.mandate_id for row in rows if row.plan.mandate_id]
    found = Mandate.objects.filter(pk__in=wanted).select_related("provider", "account__debtor")
    return {mandate.pk: mandate for mandate in found}


def _open_payments(accounts: Iterable[int]) -> dict[int, Attempt]:
    found = Attempt.objects.filter(payment__account__in=list(accounts), payment__state="open").select_related("payment")
    return {attempt.payment.account_id: attempt for attempt in found.order_by("pk")}


def _wait_for(attempt: Attempt, row: Instalment, outcome: Planned, moment: datetime) -> None:
    over = attempt.expires_at is not None and attempt.expires_at <= moment
    if attempt.payment.source == "link" and over:
        outcome.in_the_way.append(attempt.pk)
    _refuse(row, "payment_open", outcome, until=moment if over else moment + PAGE_PATIENCE)


def _decide(debit: Candidate, outcome: Planned) -> None:
    reason = refusal(debit)
    if not reason:
        _create(debit)
        outcome.created += 1
        return
    if _must_be_told_again(debit, reason):
        release(debit.instalment, debit.account, reason)
        outcome.refused += 1
        return
    until = debit.at + LOOK_AGAIN
    if reason == "outside_window":
        until = max(until, debit.window().opens_at or until)
    if reason == "period_used":
        zone = zone_of(debit.account.debtor)
        begins = next_period(debit.standing.terms, debit.at.astimezone(zone).date())
        until = max(until, morning_of(begins, zone))
    _refuse(debit.instalment, reason, outcome, until=until)


def _must_be_told_again(debit: Candidate, reason: str) -> bool:
    """The wallet's notice ran out before the debit could be made (no day is left for it), or never reached it."""
    if reason in TOLD_OTHERWISE:
        return True
    if not debit.wallet.descriptor.can(Capability.PRE_DEBIT_NOTICE):
        return False
    told = debit.instalment.announced_at
    ran_out = told is not None and reason == "outside_window" and debit.window().opens_at is None
    return ran_out or (told is None and reason == "notice_not_given" and debit.instalment.notice_sent_at is not None)


def _refuse(row: Instalment, reason: str, outcome: Planned, *, until: datetime) -> None:
    """Kept on the instalment where people look; written once, however often the worker comes by."""
    outcome.refused += 1
    changed = row.last_reason != reason
    row.last_reason, row.debit_not_before = reason, max(until, row.debit_not_before or until)
    row.save(update_fields=["last_reason", "debit_not_before"])
    if changed:
        record_event(
            "debit.refused", account=row.plan.account, plan=str(row.plan), instalment=row.number, reason=reason
        )


def _create(debit: Candidate) -> None:
    payment = Payment.objects.create(
        account=debit.account,
        instalment=debit.instalment,
        amount_minor=debit.minor,
        currency=debit.account.currency,
        source="debit",
    )
    Attempt.objects.create(
        payment=payment,
        provider=debit.mandate.provider,
        mandate=debit.mandate,
        merchant_reference=debit.wallet.merchant_ref(uuid7().hex),
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )
    record_event(
        "payment.started",
        account=debit.account,
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        provider=debit.mandate.provider.key,
        by="debit",
    )
