"""Reading accounts, and the doors that decide who may."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Account, ApiKey, Creditor, Debtor, User
from accounts.models.creditors import HOUSE
from common.errors import InvalidInput, NotFound

NO_SUCH_ACCOUNT = gettext_lazy("There is no such account, or it is not yours to see.")
NO_SUCH_DEBTOR = gettext_lazy("There is no such person, or they are not yours to see.")
NAME_A_CREDITOR = gettext_lazy("Name one creditor of yours by its code.")


def creditors_visible_to(user: User) -> QuerySet[Creditor]:
    if user.role == User.Role.CREDITOR:
        return Creditor.objects.filter(users=user)
    return Creditor.objects.exclude(code=HOUSE)


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
    own = Creditor.objects.filter(pk=key.creditor_id or 0)
    return own if key.creditor_id else Creditor.objects.exclude(code=HOUSE)


def named_creditor_of_key(key: ApiKey, code: str) -> Creditor:
    """The creditor of this code, or the key's only one; InvalidInput when that is not exactly one of its own."""
    creditors = creditors_of_key(key)
    found = (creditors.filter(code=code) if code else creditors)[:2]
    if len(found) != 1:
        raise InvalidInput(str(NAME_A_CREDITOR), field="creditor")
    return found[0]


def access_debtor_of_key(key: ApiKey, debtor_id: UUID) -> Debtor:
    debtor = debtors_of_key(key).select_related("creditor").filter(pk=debtor_id).first()
    if debtor is None:
        raise NotFound(str(NO_SUCH_DEBTOR))
    return debtor


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
