"""Money a debtor sent to our own bank account. Its clearing is the bank's, which no wallet's statement shows."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.errors import InvalidInput
from common.money import Money
from payments.models import Payment
from payments.services import settling
from payments.services.locking import lock_account

SOURCE = "transfer"


@transaction.atomic
def record_transfer(
    account: Account, amount: Money, *, received_at: datetime, bank_reference: str, by: User | None = None
) -> Payment:
    """Post a transfer once per `bank_reference`; what is more than owed becomes the person's surplus."""
    account = lock_account(account.pk)
    key = f"transfer:{account.pk}:{bank_reference}"[:80]
    if earlier := Payment.objects.filter(entry__idempotency_key=key).first():
        return earlier
    if amount.currency != account.currency or amount.minor <= 0:
        raise InvalidInput(_("The amount must be positive and in the account's currency."), field="amount")
    entry, applied = settling.post_money(
        account, amount, key=key, provider_key=SOURCE, effective_at=received_at, bank_reference=bank_reference
    )
    payment = Payment.objects.create(
        account=account,
        state="succeeded",
        amount_minor=amount.minor,
        currency=amount.currency,
        source=SOURCE,
        entry=entry,
        created_at=received_at,
        finished_at=received_at,
    )
    settling.credit_instalments(account, applied, None)
    settling.update_account(account, paid_at=received_at)
    record_event(
        "payment.succeeded", account=account, actor=by, source="user" if by else "system",
        payment=payment.reference, amount_minor=amount.minor, currency=amount.currency, by=SOURCE, entry=entry.pk,
        balance_minor=account.balance_minor,
    )  # fmt: skip
    return payment
