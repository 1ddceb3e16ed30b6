"""Money a debtor sent to our own bank account: it is on the trust account from the first, and no wallet holds it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.errors import InvalidInput
from common.money import Money
from payments.ledger import Line, post_entry
from payments.models import JournalEntry, LedgerAccount, Payment
from payments.models.trust import TRANSFER
from payments.services import settling
from payments.services.locking import lock_account

SOURCE = "transfer"
Kind = LedgerAccount.Kind


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
    _to_trust(entry, amount)
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


def _to_trust(received: JournalEntry, amount: Money) -> None:
    post_entry(
        TRANSFER,
        idempotency_key=f"trust:transfer:{received.pk}",
        creditor_id=received.creditor_id,
        currency=amount.currency,
        effective_at=received.effective_at,
        lines=[Line(Kind.TRUST, amount.minor), Line(Kind.CLEARING, -amount.minor, qualifier=SOURCE)],
    )
