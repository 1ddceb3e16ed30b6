"""The doors to deposits, and the queue of those that wait for a person."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import accounts_visible_to
from common.errors import NotFound
from common.ids import row_id_of
from payments.models import Deposit, DepositAddress
from payments.models.deposits import WAITING_DEPOSITS

# An address that could not be read this often is worth a look by hand.
STUBBORN = 5


def deposits_visible_to(user: User) -> QuerySet[Deposit]:
    rows = Deposit.objects.filter(address__attempt__payment__account__in=accounts_visible_to(user))
    return rows.select_related(
        "address__attempt__payment__account__debtor", "address__attempt__provider", "proposed_by", "decided_by"
    )


def access_deposit(user: User, reference: str) -> Deposit:
    row = deposits_visible_to(user).filter(pk=row_id_of(reference) or 0).first()
    if row is None:
        raise NotFound(_("There is no such deposit, or it is not yours to see."))
    return row


def waiting(rows: QuerySet[Deposit]) -> QuerySet[Deposit]:
    return rows.filter(state__in=WAITING_DEPOSITS)


def waiting_everywhere() -> QuerySet[Deposit]:
    return Deposit.objects.filter(state__in=WAITING_DEPOSITS)


def unread_addresses() -> int:
    """Addresses whose chain could not be read again and again."""
    return DepositAddress.objects.filter(failures__gte=STUBBORN).count()
