"""Search by what an agent hears on the phone: a name, a number, an address, a reference. Blind indexes only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import phonenumbers
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, User
from accounts.selectors import accounts_visible_to, creditors_visible_to
from common.crypto.blind_fields import blind_query, normalised_index
from common.crypto.normalise import name_matches
from common.ids import row_id_of

MOST = 20
# Names are narrowed after opening, so more are read than shown.
MOST_OPENED = 200
FEWEST_DIGITS = 6
LONGEST_QUERY = 120


@dataclass(frozen=True)
class Group:
    """`exact`: the value was matched whole, so a single hit may be opened at once."""

    title: str | Promise
    accounts: list[Account]
    exact: bool
    more: bool = False


@dataclass(frozen=True)
class Found:
    groups: list[Group]

    @property
    def only(self) -> Account | None:
        """The one account this search can only have meant."""
        hits = {account.pk: account for group in self.groups if group.exact for account in group.accounts}
        return next(iter(hits.values())) if len(hits) == 1 else None


def search(user: User, text: str) -> Found:
    text = text.replace("\x00", "").strip()[:LONGEST_QUERY]
    if not text:
        return Found([])
    return Found([group for group in _groups(user, text) if group.accounts])


def _groups(user: User, text: str) -> Iterator[Group]:
    yield _group(_("Reference"), by_reference(user, text))
    if "@" in text:
        yield _group(_("E-mail"), by_contact(user, [text]))
    elif sum(letter.isdigit() for letter in text) >= FEWEST_DIGITS:
        yield _group(_("Phone"), by_contact(user, phone_spellings(user, text)))
    if any(letter.isalpha() for letter in text) and "@" not in text:
        yield by_name(user, text)


def _group(title: str | Promise, rows: QuerySet[Account]) -> Group:
    found = list(rows.select_related("debtor", "creditor").order_by("-pk")[: MOST + 1])
    return Group(title, found[:MOST], exact=True, more=len(found) > MOST)


def by_reference(user: User, text: str) -> QuerySet[Account]:
    """Our reference, or the creditor's own for the account or the customer."""
    rows = accounts_visible_to(user)
    creditors = list(creditors_visible_to(user).values_list("pk", flat=True))
    ours = by_our_reference(text).values("pk")
    theirs = Account.objects.filter(creditor__in=creditors, creditor_reference=text).values("pk")
    people = Account.objects.filter(debtor__creditor__in=creditors, debtor__creditor_reference=text).values("pk")
    return rows.filter(pk__in=ours.union(theirs, people))


def by_our_reference(text: str) -> QuerySet[Account]:
    """An account's reference, with or without its prefix; of a payment's, the account it belongs to."""
    prefix, dash, _digits = text.upper().partition("-")
    if prefix == "PAY":
        return Account.objects.filter(payments=row_id_of(text))
    return Account.objects.all().by_reference(text) if prefix == "ACC" or not dash else Account.objects.none()


def by_contact(user: User, spellings: Iterable[str]) -> QuerySet[Account]:
    indexes = {normalised_index(spelling, purpose="contact") for spelling in spellings}
    return accounts_visible_to(user).filter(debtor__contact_points__value_index__in=indexes).distinct()


def phone_spellings(user: User, text: str) -> set[str]:
    """The number as typed, and as it would be written in full in each country we have creditors in."""
    countries = creditors_visible_to(user).order_by().values_list("country", flat=True).distinct()
    return {text, *(full for country in countries if (full := _in_full(text, country)))}


def _in_full(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def by_name(user: User, text: str) -> Group:
    tokens = blind_query(text)
    if not tokens:
        return Group(pgettext_lazy("of a person", "Name"), [], exact=False)
    rows = accounts_visible_to(user).filter(debtor__name_tokens__contains=tokens)
    opened = rows.select_related("debtor", "creditor").order_by("-pk")[:MOST_OPENED]
    hits = [account for account in opened if name_matches(text, account.debtor.name)]
    return Group(pgettext_lazy("of a person", "Name"), hits[:MOST], exact=False, more=len(hits) > MOST)
