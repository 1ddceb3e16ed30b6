"""Money a wallet collected by its own schedule: nobody here asked for it, so the payment is made when it is told.

A receipt counts once: it is the attempt's reference, which is unique for each provider in the database.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from accounts.models import Account
from common.clock import now
from common.money import Money
from payments.models import Attempt, Payment
from payments.services import settling
from payments.services.locking import lock_account
from payments.services.outcomes import Applied, leave_to_person
from payments.services.succeeding import tell_success
from wallets.gateway import adapter, call
from wallets.models import Mandate
from wallets.providers.base import Capability, PaymentResult, PaymentState

SOURCE = "scheduled"
LONGEST_RECEIPT = 40


def runs_by_itself(mandate: Mandate) -> bool:
    return adapter(mandate.provider).descriptor.can(Capability.PROVIDER_SCHEDULED)


def confirmed(mandate: Mandate, receipt: str) -> PaymentResult | None:
    """What the provider itself says of this receipt under this mandate; None while it does not vouch for it.

    Not inside a transaction. Raises what the wallet raises when it gives no answer.
    """
    asked = adapter(mandate.provider).get_payment(mandate.merchant_reference, receipt)
    said = call(asked, mandate.provider)
    about = (said.merchant_ref, said.provider_ref) == (mandate.merchant_reference, receipt)
    return said if about and said.found and said.state is PaymentState.SUCCEEDED and said.amount else None


@transaction.atomic
def post_scheduled(mandate_id: int, said: PaymentResult) -> Applied | None:
    """Post a confirmed debit of the provider's own schedule, once. None when it is in another currency than the debt.

    Locks the account, under which all payments of a mandate go one after the other. Money that should not have come
    (the debt is paid, the agreement is over, it is more than was agreed) is posted too, and left to a person.
    """
    mandate = Mandate.objects.select_related("provider").get(pk=mandate_id)
    account = lock_account(mandate.account_id)
    mandate.refresh_from_db()
    name = _reference(said.provider_ref)
    known = Attempt.objects.filter(provider=mandate.provider, merchant_reference=name).first()
    if known:
        return Applied("ignored", known, "already posted")
    if said.amount is None or said.amount.currency != account.currency or said.amount.minor <= 0:
        return None
    attempt, applied = _post(mandate, account, said, said.amount, name=name)
    problem = _problem(mandate, attempt, applied, paid_at=said.paid_at)
    return leave_to_person(attempt.pk, problem, "notice") if problem else Applied("applied", attempt)


def _reference(receipt: str) -> str:
    short = receipt if len(receipt) <= LONGEST_RECEIPT else hashlib.sha256(receipt.encode()).hexdigest()
    return f"scheduled:{short}"[:64]


def _post(mandate: Mandate, account: Account, said: PaymentResult, amount: Money, *, name: str) -> tuple[Attempt, int]:
    paid_at = said.paid_at or now()
    entry, applied = settling.post_money(
        account, amount, key=f"{mandate.provider_id}:{name}", provider_key=mandate.provider.key, effective_at=paid_at
    )
    payment = Payment.objects.create(
        account=account,
        state="succeeded",
        amount_minor=amount.minor,
        currency=amount.currency,
        source=SOURCE,
        entry=entry,
        finished_at=now(),
    )
    attempt = Attempt.objects.create(
        payment=payment,
        provider=mandate.provider,
        mandate=mandate,
        merchant_reference=name,
        provider_reference=said.provider_ref,
        state="succeeded",
        amount_minor=amount.minor,
        currency=amount.currency,
        finished_at=now(),
    )
    settling.credit_instalments(account, applied, None)
    settling.update_account(account, paid_at=paid_at)
    tell_success(attempt, entry_id=entry.pk, source="notice")
    settling.announce(payment)
    return attempt, applied


def _problem(mandate: Mandate, attempt: Attempt, applied: int, *, paid_at: datetime | None) -> str:
    in_time = mandate.ended_at is not None and paid_at is not None and paid_at <= mandate.ended_at
    if mandate.state not in ("active", "paused") and not in_time:
        return "after_the_end"
    if applied < attempt.amount_minor:
        return "more_than_owed"
    return "over_cap" if attempt.amount_minor > mandate.cap_minor else ""
