"""The door to bank transfers, what their list reads, and the accounts one may be meant for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.search import search
from common.clock import now
from common.errors import NotFound
from common.ids import row_id_of
from common.money import Money
from payments.models import BankTransfer, LedgerAccount, TransferStep
from payments.models.transfers import UNPLACED

AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
CLOSED = ("returned", "recalled", "rejected")
MOST_SUGGESTED = 5
# Words of a statement line that can be a number of ours or of the creditor.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{3,39}")


def asked() -> Exists:
    return Exists(TransferStep.objects.filter(transfer=OuterRef("pk"), state="asked"))


def access_transfer(reference: str) -> BankTransfer:
    rows = BankTransfer.objects.select_related(
        "account__debtor", "account__creditor", "payment", "owner", "recorded_by"
    )
    row = rows.filter(pk=row_id_of(reference) or 0).first()
    if row is None or row.reference != reference.upper():
        raise NotFound(_("There is no such bank transfer."))
    return row


def access_step(row: BankTransfer, number: str) -> TransferStep:
    """The question that was on the page: another one is not decided in its place."""
    step = row.steps.filter(pk=int(number) if number.isdigit() else 0).first()
    if step is None:
        raise NotFound(_("There is nothing to decide here any more. Go back to the list."))
    return step


def shown(show: str) -> Q:
    every: Mapping[str, Q] = {
        "waiting": Q(state__in=UNPLACED) | Q(asked()),
        "confirm": Q(asked()),
        "suspense": Q(state="suspense"),
        "to_return": Q(state="to_return"),
        "placed": Q(state="placed"),
        "closed": Q(state__in=CLOSED),
        "all": Q(),
    }
    return every.get(show, every["waiting"])


def transfers(given: Mapping[str, str], user: User) -> QuerySet[BankTransfer]:
    rows = BankTransfer.objects.select_related("account__debtor", "owner").filter(shown(given.get("show", "")))
    owners = {"me": Q(owner=user), "nobody": Q(owner=None)}
    rows = rows.filter(owners.get(given.get("owner", ""), Q()))
    if given.get("currency"):
        rows = rows.filter(currency=given["currency"])
    if text := given.get("find", "").strip():
        wanted = Q(same_reference__contains="".join(text.split()).upper())
        rows = rows.filter(wanted | Q(pk=row_id_of(text) or 0) | Q(account=row_id_of(text) or 0))
    age = AGES.get(given.get("age", ""))
    return rows.filter(changed_at__lt=now() - age) if age else rows


def numbers() -> dict[str, Any]:
    """What waits, as counts and, for the money nobody can place, as sums; each opens its list."""
    counts = BankTransfer.objects.aggregate(
        confirm=Count("pk", filter=shown("confirm")), to_return=Count("pk", filter=shown("to_return"))
    )
    return {**counts, "suspense": unplaced("suspense")}


def unplaced(state: str) -> list[tuple[int, Money]]:
    """By currency: how many transfers nobody was found for are in this state, and their sum."""
    rows = BankTransfer.objects.filter(state=state).values("currency").order_by("currency")
    return [
        (row["n"], Money(row["minor"], row["currency"]))
        for row in rows.annotate(n=Count("pk"), minor=Sum("amount_minor"))
    ]


def currencies() -> list[str]:
    return list(LedgerAccount.objects.order_by("currency").values_list("currency", flat=True).distinct())


def suggestions(row: BankTransfer, user: User) -> list[Account]:
    """Accounts whose number stands in the payer's words, then those of people of the payer's name."""
    words = _NUMBER.findall(f"{row.remark} {row.bank_reference}")
    found: dict[int, Account] = {}
    for text in [*words[:MOST_SUGGESTED], row.payer_name]:
        for group in search(user, text).groups:
            found |= {account.pk: account for account in group.accounts if account.currency == row.currency}
    return list(found.values())[:MOST_SUGGESTED]
