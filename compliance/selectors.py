"""Reading decisions, and asking the gate without committing to anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Account, ContactPoint
from common.clock import now
from compliance.cases import places_on_file
from compliance.gate import KIND_OF_CHANNEL, Verdict
from compliance.judging import judge
from compliance.models import ContactPolicy, Decision
from compliance.places import Places

DEFAULT_PURPOSE = "overdue_friendly"


def may_contact(
    account: Account,
    *,
    channel: str,
    contact_point: ContactPoint | None = None,
    purpose: str = DEFAULT_PURPOSE,
    at: datetime | None = None,
) -> Verdict:
    """What the gate would say, without storing or reserving anything: for pages, never for sending."""
    point = contact_point or usable_contact_point(account, channel=channel)
    return judge(account.pk, channel=channel, purpose=purpose, contact_point=point, at=at or now()).verdict


def usable_contact_point(account: Account, *, channel: str) -> ContactPoint | None:
    """The address to use for a channel: the first that is not known to be dead. None where the channel needs none."""
    kind = KIND_OF_CHANNEL.get(channel)
    if kind is None:
        return None
    rows = ContactPoint.objects.filter(debtor_id=account.debtor_id, kind=kind).exclude(condition="invalid")
    return rows.order_by("position", "id").first()


def places_of_account(account: Account) -> Places:
    """Where the person may be, by everything on file."""
    points = ContactPoint.objects.filter(debtor_id=account.debtor_id).order_by("position", "id")
    return places_on_file(account.debtor, points)


def decisions_of(account: Account) -> QuerySet[Decision]:
    return Decision.objects.filter(account=account).order_by("-decided_at", "-id")


def policies_in_force(at: datetime | None = None) -> QuerySet[ContactPolicy]:
    day = (at or now()).date()
    rows = ContactPolicy.objects.filter(effective_from__lte=day)
    return rows.exclude(effective_until__lte=day).select_related("creditor").order_by("country", "channel", "id")


def newest_decisions(asked: Mapping[str, int]) -> dict[str, int]:
    """The newest decision of each row, as `source: decision`. `asked`: the rows' sources and their accounts, by whose
    index they are found."""
    rows = Decision.objects.filter(account__in=set(asked.values()), source__in=list(asked))
    return dict(rows.order_by("id").values_list("source", "id")) if asked else {}
