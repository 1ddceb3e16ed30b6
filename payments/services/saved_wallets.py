"""What has to be true before a saved wallet is charged for somebody at our page, and what a refusal teaches."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from accounts.models import Account
from common.clock import now
from payments.errors import PaymentRefused, TooManySavedPayments
from payments.models import Attempt
from wallets.models import PaymentMethod
from wallets.providers.base import DeclineCategory, PaymentResult, Reason
from wallets.services import forget_token, one_at_a_time

# A person pays a few accounts in an hour; more is a mistake, or somebody trying.
TRIES = ((timedelta(hours=1), 5), (timedelta(days=1), 10))


def refuse_unusable(account: Account, method: PaymentMethod) -> None:
    """Under the account's lock and the person's: a wallet they remove at this moment is not charged any more."""
    one_at_a_time(account.debtor_id)
    rows = PaymentMethod.objects.filter(pk=method.pk, debtor_id=account.debtor_id, removed_at=None)
    row = rows.first()
    if row is None or not row.is_chargeable:
        raise PaymentRefused(_("This wallet is not linked any more. Choose another one."), why="not_linked")
    made = Attempt.objects.filter(method__debtor_id=account.debtor_id)
    for span, allowed in TRIES:
        if made.filter(created_at__gt=now() - span).count() >= allowed:
            raise TooManySavedPayments(
                _("Saved wallets were used too often just now. Pay on a wallet's own page, or try again later."),
                why="too_often",
            )


def heed_refusal(method: PaymentMethod, result: PaymentResult) -> None:
    """The provider does not know the saved wallet any more: it is offered to nobody again."""
    said = result.decline
    ended = said and (said.category, said.reason) == (DeclineCategory.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_REVOKED)
    if ended:
        forget_token(method.provider, method.token)
