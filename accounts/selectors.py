"""Reading accounts, and the doors that decide who may."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Account, ApiKey, Creditor, Debtor, User
from common.errors import NotFound

NO_SUCH_ACCOUNT = gettext_lazy("There is no such account, or it is not yours to see.")


def creditors_visible_to(user: User) -> QuerySet[Creditor]:
    if user.role == User.Role.CREDITOR:
        return Creditor.objects.filter(users=user)
    return Creditor.objects.all()


def accounts_visible_to(user: User) -> QuerySet[Account]:
    """Creditor users see their own accounts; staff see every account."""
    if user.role == User.Role.CREDITOR:
        return Account.objects.filter(creditor__users=user)
    return Account.objects.all()


def access_account(user: User, reference: str) -> Account:
    """The account behind a public reference, if this user may see it."""
    rows = accounts_visible_to(user).by_reference(reference)  # type: ignore[attr-defined]
    account = rows.select_related("debtor", "creditor", "portfolio", "assigned_to").first()
    if account is None:
        raise NotFound(str(NO_SUCH_ACCOUNT))
    return account


def creditors_of_key(key: ApiKey) -> QuerySet[Creditor]:
    return Creditor.objects.filter(pk=key.creditor_id) if key.creditor_id else Creditor.objects.all()


def accounts_of_key(key: ApiKey) -> QuerySet[Account]:
    return Account.objects.filter(creditor__in=creditors_of_key(key))


def debtors_of_key(key: ApiKey) -> QuerySet[Debtor]:
    return Debtor.objects.filter(creditor__in=creditors_of_key(key))


def access_account_of_key(key: ApiKey, reference: str) -> Account:
    rows = accounts_of_key(key).by_reference(reference)  # type: ignore[attr-defined]
    account = rows.select_related("debtor", "creditor", "portfolio").first()
    if account is None:
        raise NotFound(str(NO_SUCH_ACCOUNT))
    return account
