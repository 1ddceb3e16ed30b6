"""Claiming debits: the claim is committed before any call. What was planned earlier is looked at once more."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.by_index import read_by_index
from common.clock import now
from payments.debits.parts import in_parts
from payments.debits.preconditions import Candidate, refusal
from payments.debits.world import Wallet, World, lock_free_accounts, read_world
from payments.models import Attempt
from payments.services.ending import close_unsent, may_have_left
from payments.services.waiting import repeats_safely
from wallets.models import Provider
from wallets.providers.base import ChargeRequest

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
WAIT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A debit this worker, and only this worker, may send. `at`: when the world was looked at for it, and its lease
    began; `ask_first`: how its mandate stands.
    """

    attempt_id: int
    account_id: int
    mandate_id: int
    provider: Provider
    request: ChargeRequest
    at: datetime
    ask_first: bool = True

    @property
    def until(self) -> datetime:
        return self.at + LEASE


def claim_debits(batch: int, *, but_not: Collection[int] = ()) -> list[Claimed]:
    """Claim created debits, up to `batch`, leaving out the providers `but_not`; those that may no longer be made are
    closed instead, unsent. One that cannot be worked on waits; the others go on without it.
    """
    ids = list(_waiting(now()).exclude(provider__in=but_not).order_by("pk").values_list("pk", flat=True)[:batch])
    return [claim for part in in_parts(ids, _claim, _set_aside) for claim in part]


def _waiting(moment: datetime) -> QuerySet[Attempt]:
    ready = Q(claimed_until=None) | Q(claimed_until__lte=moment)
    return Attempt.objects.filter(ready, state="created", payment__source="debit")


@transaction.atomic(durable=True)
def _claim(ids: Sequence[int]) -> list[Claimed]:
    read_by_index()
    moment = now()
    waiting = _waiting(moment).filter(pk__any_of=ids)
    accounts = lock_free_accounts(waiting.values_list("payment__account_id", flat=True))
    locked = waiting.filter(payment__account__any_of=accounts).order_by("pk")
    attempts = list(
        locked.select_related("payment__instalment__plan").select_for_update(skip_locked=True, of=("self",))
    )
    world = read_world(moment, accounts, [attempt.mandate_id for attempt in attempts if attempt.mandate_id])
    claims, waits = [], []
    for attempt in attempts:
        attempt.payment.account = accounts[attempt.payment.account_id]
        wallet = world.wallets.get(attempt.provider_id) or Wallet(attempt.provider)
        attempt.provider = wallet.provider
        if wallet.works is None:
            waits.append(attempt.pk)
        elif claim := _decide(attempt, world, wallet):
            claims.append(claim)
    taken = [claim.attempt_id for claim in claims]
    Attempt.objects.filter(pk__any_of=taken).update(state="sending", claimed_until=moment + LEASE)
    Attempt.objects.filter(pk__any_of=waits).update(claimed_until=moment + WAIT)
    return claims


def _decide(attempt: Attempt, world: World, wallet: Wallet) -> Claimed | None:
    account, instalment = attempt.payment.account, attempt.payment.instalment
    mandate = world.mandates.get(attempt.mandate_id or 0)
    if mandate is None or instalment is None or wallet.works is None:
        close_unsent(attempt, "mandate_not_active")
        return None
    debit = world.candidate(instalment, account, mandate, wallet.works)
    reason = refusal(debit) or ("already_paid" if debit.minor < attempt.amount_minor else "")
    if may_have_left(attempt) and not repeats_safely(attempt, wallet.works.descriptor):
        reason = "number_forgotten"
    if reason:
        close_unsent(attempt, reason)
        return None
    return claim_of(attempt, debit, wallet)


def claim_of(attempt: Attempt, debit: Candidate, wallet: Wallet) -> Claimed:
    """The attempt's row says that it is being sent, until the lease is over."""
    return Claimed(
        attempt_id=attempt.pk,
        account_id=debit.account.pk,
        mandate_id=debit.mandate.pk,
        provider=wallet.provider,
        request=ChargeRequest(
            merchant_ref=attempt.merchant_reference,
            mandate=debit.standing,
            amount=attempt.amount,
            subject=_subject(debit.account.creditor.name, get_language()),
            notify_url=wallet.notify_url,
            due_on=debit.instalment.due_on,
        ),
        at=debit.at,
        ask_first=debit.wallet.descriptor.ends_silently,
    )


@lru_cache(maxsize=256)
def _subject(creditor: str, _language: str) -> str:
    return _("Instalment to %(creditor)s") % {"creditor": creditor}


def _set_aside(attempt_id: int) -> None:
    Attempt.objects.filter(pk=attempt_id, state="created").update(claimed_until=now() + WAIT, reason="unreadable")
