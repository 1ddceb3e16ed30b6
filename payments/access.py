"""The doors to rows that belong to someone."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.selectors import accounts_visible_to
from common.errors import NotFound
from common.ids import row_id_of
from payments.models import Payment, PaymentLink

NO_SUCH_PAYMENT = gettext_lazy("There is no such payment, or it is not yours to see.")


def payments_visible_to(user: User) -> QuerySet[Payment]:
    return Payment.objects.filter(account__in=accounts_visible_to(user)).select_related("account")


def access_payment(user: User, reference: str) -> Payment:
    """The payment behind a public reference, if this user may see it."""
    payment = payments_visible_to(user).filter(pk=row_id_of(reference) or 0).first()
    if payment is None:
        raise NotFound(str(NO_SUCH_PAYMENT))
    return payment


def access_payment_of_link(link: PaymentLink, reference: str) -> Payment:
    """A debtor with a link sees the payments made through this link, and no others."""
    payment = Payment.objects.filter(link=link, pk=row_id_of(reference) or 0).select_related("account").first()
    if payment is None:
        raise NotFound(str(NO_SUCH_PAYMENT))
    return payment
