"""Taking debits to send: the world is looked at once more, and the claim is committed before any call."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account
from common.clock import now
from payments.debits.preconditions import Candidate, refusal
from payments.debits.standing import Charges, charges_under, standing_of
from payments.models import Attempt
from payments.services.ending import close_unsent
from wallets.gateway import adapter, notify_url
from wallets.models import Provider
from wallets.providers.base import ChargeRequest, ConfigError, WalletProvider

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
NOT_CONFIGURED_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A debit this worker, and only this worker, may send until `until`."""

    attempt_id: int
    account_id: int
    mandate_id: int
    provider: Provider
    request: ChargeRequest
    until: datetime


@transaction.atomic(durable=True)
def claim_debits(batch: int) -> list[Claimed]:
    """Claim created debits; those that may no longer be made are closed instead, unsent."""
    moment = now()
    ready = Q(claimed_until=None) | Q(claimed_until__lte=moment)
    waiting = Attempt.objects.filter(ready, state="created", payment__source="debit").order_by("pk")
    wanted = list(waiting.values_list("payment__account_id", flat=True)[:batch])
    locked = Account.objects.filter(pk__in=wanted).order_by("pk").select_for_update(skip_locked=True, of=("self",))
    accounts = {account.pk: account for account in locked.select_related("debtor", "creditor")}
    attempts = list(
        waiting.filter(payment__account__in=accounts)
        .select_related("payment__instalment__plan", "mandate__provider", "mandate__account__debtor", "provider")
        .select_for_update(skip_locked=True, of=("self",))
    )
    charges = charges_under(attempt.mandate for attempt in attempts if attempt.mandate)
    claims = [_claim(attempt, accounts[attempt.payment.account_id], charges, moment) for attempt in attempts]
    return [claim for claim in claims if claim]


def _claim(attempt: Attempt, account: Account, charges: Charges, moment: datetime) -> Claimed | None:
    attempt.payment.account = account
    mandate, instalment = attempt.mandate, attempt.payment.instalment
    if mandate is None or instalment is None:
        close_unsent(attempt, "mandate_not_active")
        return None
    wallet = _wallet_of(attempt, moment)
    if wallet is None:
        return None
    debit = Candidate(
        account=account,
        instalment=instalment,
        mandate=mandate,
        standing=standing_of(mandate, charges, instalment.announced_at),
        wallet=wallet,
        at=moment,
    )
    reason = refusal(debit) or ("already_paid" if debit.minor < attempt.amount_minor else "")
    if reason:
        close_unsent(attempt, reason)
        return None
    attempt.state, attempt.claimed_until = "sending", moment + LEASE
    attempt.save(update_fields=["state", "claimed_until"])
    return Claimed(
        attempt_id=attempt.pk,
        account_id=account.pk,
        mandate_id=mandate.pk,
        provider=attempt.provider,
        request=_request(attempt, debit),
        until=attempt.claimed_until,
    )


def _wallet_of(attempt: Attempt, moment: datetime) -> WalletProvider | None:
    """None when its settings are spoilt: the debit waits, and those of other wallets go on."""
    try:
        return adapter(attempt.provider)
    except ConfigError:
        logger.exception("a wallet with debits to send is not configured", extra={"provider": attempt.provider.key})
        attempt.claimed_until = moment + NOT_CONFIGURED_WAIT
        attempt.save(update_fields=["claimed_until"])
        return None


def _request(attempt: Attempt, debit: Candidate) -> ChargeRequest:
    return ChargeRequest(
        merchant_ref=attempt.merchant_reference,
        mandate=debit.standing,
        amount=attempt.amount,
        subject=_("Instalment to %(creditor)s") % {"creditor": debit.account.creditor.name},
        notify_url=notify_url(attempt.provider),
        due_on=debit.instalment.due_on,
    )
