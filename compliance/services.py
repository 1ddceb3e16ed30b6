"""Asking the gate for good: a decision is stored, and when it allows, the contact is counted in the same breath."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from accounts.models import Account, ContactPoint, Debtor
from common.clock import now
from compliance import contact_ledger
from compliance.deciding import Decided, Deciding
from compliance.gate import Action
from compliance.judging import Judged, judge
from compliance.models import ContactCount, ContactPolicy
from compliance.policies import DEFAULT_POLICIES
from compliance.selectors import usable_contact_point

__all__ = [
    "Decided",
    "Deciding",
    "decide",
    "ensure_default_policies",
    "lock_debtor",
    "lock_debtors",
    "preview",
    "release",
]


def lock_debtor(debtor_id: UUID) -> None:
    """Serialise decisions about one person until the transaction ends. Foreign keys to the row stay free."""
    Debtor.objects.select_for_update(no_key=True).only("pk").get(pk=debtor_id)


def lock_debtors(debtor_ids: Iterable[UUID]) -> None:
    """The same for many, in one order for everybody: two batches about the same people never wait for each other."""
    rows = Debtor.objects.select_for_update(no_key=True).filter(pk__any_of=list(set(debtor_ids)))
    list(rows.order_by("pk").values_list("pk"))


def decide(
    account: Account,
    *,
    channel: str,
    purpose: str,
    contact_point: ContactPoint | None,
    carrier_allows: bool = True,
    at: datetime | None = None,
    source: str = "",
) -> Decided:
    """Judge one contact with fresh facts and, when it may go, reserve it: a batch of one (see `Deciding`).

    Call it inside the transaction that commits the sending: the debtor's row stays locked until then.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("decide() holds a lock: call it inside a transaction.")
    lock_debtor(account.debtor_id)
    deciding = Deciding.about([account.pk], at=at)
    action = Action(purpose, channel, carrier_allows=carrier_allows)
    decided = deciding.decide(account.pk, action, contact_point=contact_point, source=source)
    deciding.write()
    return decided


def preview(account: Account, channel: str, purpose: str, at: datetime | None = None) -> Judged:
    """The same judgement for a page that asks "may we contact X by Y at Z?": nothing is locked, stored or counted."""
    point = usable_contact_point(account, channel=channel)
    return judge(account.pk, channel=channel, purpose=purpose, contact_point=point, at=at or now())


def release(debtor_id: UUID, *, day: date | None, channel: str, source: str = "") -> None:
    """Give back a reserved contact that certainly did not reach the person."""
    contact_ledger.release(source)
    if day is not None:
        rows = ContactCount.objects.filter(debtor_id=debtor_id, day=day, channel=channel, count__gt=0)
        rows.update(count=F("count") - 1)


def ensure_default_policies() -> int:
    """Create the policies the platform ships, where a policy of that name is not there yet; how many were new."""
    new = [row for row in DEFAULT_POLICIES if not ContactPolicy.objects.filter(name=row["name"]).exists()]
    ContactPolicy.objects.bulk_create([ContactPolicy(**row) for row in new])
    return len(new)
