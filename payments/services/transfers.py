"""Money a debtor sent to our own bank account: it is on the trust account from the first, and no wallet holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.accrual.reading import MISPLACED
from payments.ledger import Line, post_entry
from payments.models import JournalEntry, LedgerAccount, Payment
from payments.models.trust import TRANSFER
from payments.services import settling
from payments.services.locking import lock_account
from payments.services.reversing import TAKEN_BACK, reopen, rest_agreements_of, uncredit
from payments.services.shares import OWN_BANK, lines_out, owed_again, standing_of
from payments.services.unsent_refunds import drop_unsent
from payments.signals import payment_taken_back, tell_after_commit

__all__ = ["MISPLACED", "RECALLED", "post_received", "record_transfer", "take_back_received"]
SOURCE = OWN_BANK
Kind = LedgerAccount.Kind
# The two ways a payment by transfer is undone: the bank has the money again, or it was never this account's.
RECALLED = "payment_reversal"


@transaction.atomic
def record_transfer(
    account: Account, amount: Money, *, received_at: datetime, bank_reference: str, by: User | None = None
) -> Payment:
    """Post a transfer once per `bank_reference`; what is more than owed becomes the person's surplus."""
    account = lock_account(account.pk)
    key = f"transfer:{account.pk}:{bank_reference}"[:80]
    if earlier := Payment.objects.filter(entry__idempotency_key=key).first():
        return earlier
    return post_received(account, amount, key=key, received_at=received_at, bank_reference=bank_reference, by=by)


def post_received(
    account: Account,
    amount: Money,
    *,
    key: str,
    received_at: datetime,
    bank_reference: str,
    by: User | None = None,
    **data: Any,
) -> Payment:
    """Post it as the account's payment. The caller holds the account's lock and sees to it that `key` is new."""
    if amount.currency != account.currency or amount.minor <= 0:
        raise InvalidInput(_("The amount must be positive and in the account's currency."), field="amount")
    given = {"provider_key": SOURCE, "effective_at": received_at, "bank_reference": bank_reference, **data}
    entry, applied = settling.post_money(account, amount, key=key, **given)
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


def take_back_received(payment: Payment, *, kind: str, by: User, **data: Any) -> JournalEntry:
    """Undo a payment by transfer, all of it: out of the trust account, and the debt is owed again.

    What of it was given back, or passed on, meanwhile is missing in suspense until a person settles it. Nothing here
    asks the debtor for the money again. The caller holds the account's and the payment's locks.
    """
    if payment.state != "succeeded" or payment.entry is None:
        raise Conflict(_("This payment does not count any more. Reload the page and look at it again."))
    drop_unsent(payment, TAKEN_BACK)
    account = payment.account
    account.refresh_from_db()
    lines = lines_out(account, standing_of(payment), payment.amount_minor, provider_key=SOURCE)
    entry, _is_new = post_entry(
        kind,
        idempotency_key=f"reversal:{payment.entry_id}",
        creditor_id=account.creditor_id,
        currency=payment.currency,
        effective_at=now(),
        reverses=payment.entry,
        lines=[Line(Kind.TRUST, line.minor) if line.kind == Kind.CLEARING else line for line in lines],
        payment=payment.reference,
        **data,
    )
    account.refresh_from_db()
    payment.state = "reversed"
    payment.save(update_fields=["state"])
    reopen(account)
    uncredit(account, owed_again(lines), payment.instalment, reason=TAKEN_BACK)
    record_event(
        "payment.reversed", account=account, actor=by, source="user", payment=payment.reference,
        amount_minor=payment.amount_minor, currency=payment.currency, by=SOURCE, entry=entry.pk,
        balance_minor=account.balance_minor, **data,
    )  # fmt: skip
    tell_after_commit(
        payment_taken_back, Payment, payment=payment, amount=payment.amount, occasion=f"entry:{entry.pk}",
        misplaced=kind == MISPLACED,
    )  # fmt: skip
    rest_agreements_of(account, reason="a bank transfer was taken back")
    return entry
