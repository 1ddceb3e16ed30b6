"""Money the debtor paid to the creditor directly, as the creditor reports it: the debt falls, nothing passes us."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now
from common.errors import InvalidInput
from common.money import Money
from payments.ledger import Line, post_entry
from payments.models import LedgerAccount, Payment
from payments.services import settling
from payments.services.locking import lock_account
from payments.services.recovering import recover, recoverable_minor

# A payment reported later than this is no news to the debtor: no receipt goes out for it.
NEWS = timedelta(days=3)


@transaction.atomic
def record_direct_payment(
    account: Account, amount: Money, *, received_at: datetime, external_reference: str, by: User | None = None
) -> Payment:
    """Post a payment the creditor received itself. `external_reference` is the creditor's: the same one posts once."""
    account = lock_account(account.pk)
    key = f"direct:{account.pk}:{external_reference}"[:80]
    if earlier := Payment.objects.filter(entry__idempotency_key=key).first():
        return earlier
    owed = account.balance_minor + recoverable_minor(account)
    if amount.currency != account.currency or not 0 < amount.minor <= owed:
        raise InvalidInput(_("The amount must be positive and no more than is owed."), field="amount")
    recover(account, amount.minor, key=key)
    shares, _surplus = settling.allocate(account, amount.minor)
    entry, _is_new = post_entry(
        "direct_payment",
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=received_at,
        lines=[
            *(
                Line(LedgerAccount.Kind.RECEIVABLE, -share, account=account, component=name)
                for name, share in shares.items()
            ),
            Line(LedgerAccount.Kind.PLACED, amount.minor),
        ],
        allocation=shares,
        external_reference=external_reference,
    )
    account.refresh_from_db()
    payment = Payment.objects.create(
        account=account,
        state="succeeded",
        amount_minor=amount.minor,
        currency=amount.currency,
        source="direct",
        entry=entry,
        created_at=received_at,
        finished_at=received_at,
    )
    settling.credit_instalments(account, amount.minor, None)
    settling.update_account(account, paid_at=received_at)
    record_event(
        "payment.succeeded", account=account, actor=by, source="creditor", payment=payment.reference,
        amount_minor=amount.minor, currency=amount.currency, entry=entry.pk,
    )  # fmt: skip
    if now() - received_at < NEWS:
        settling.announce(payment)
    return payment
