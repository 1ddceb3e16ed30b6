"""What the gate has to know, read afresh."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, Sum

from accounts.models import Account, Consent, ContactPoint, Debtor, Hold
from compliance.gate import EVERY_CHANNEL, HORIZON, Action, Facts, HoldFact, Policy
from compliance.models import ContactCount, ContactPolicy
from compliance.pack_facts import Word
from compliance.zones import candidate_zones, national_holidays

_POLICY_FIELDS = [field.name for field in fields(Policy)]
_ONE_DAY = timedelta(days=1)
# The packs count by months too; a day more on each side, for local dates differ from UTC's by one at most.
COUNTED = timedelta(days=33)


def gather_facts(
    account_id: int, *, channel: str, contact_point: ContactPoint | None, at: datetime, lock: bool = False
) -> tuple[Account, Facts]:
    """The account as it is now, with its debtor and creditor, and the facts the gate judges.

    With `lock` a payment that is just being posted is waited for.
    """
    rows = Account.objects.select_related("debtor", "creditor")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    account = rows.get(pk=account_id)
    debtor = account.debtor
    today = at.date()
    said = newest_consent(debtor, channel=channel, contact_point=contact_point)
    return account, Facts(
        account_status=account.status,
        balance_minor=account.balance_minor,
        country=debtor.country,
        zones=zones_of(debtor),
        creditor_id=account.creditor_id,
        quiet_until=account.quiet_until if account.quiet_until and account.quiet_until > at else None,
        holds=tuple(_holds(account, at)),
        consent=said.granted if said else None,
        refused_everything=bool(said and not said.granted and said.channel == EVERY_CHANNEL),
        contact_point=contact_point.condition if contact_point else None,
        holidays=national_holidays(debtor.country, today - _ONE_DAY, days=2 * HORIZON.days),
        counts=contact_counts(debtor.pk, around=today),
    )


def zones_of(debtor: Debtor) -> tuple[str, ...]:
    if debtor.time_zone:
        return candidate_zones(debtor.time_zone, phones=(), country=debtor.country)
    phones = [point.value for point in ContactPoint.objects.filter(debtor=debtor, kind="phone")]
    return candidate_zones("", phones=phones, country=debtor.country)


def _holds(account: Account, at: datetime) -> Iterable[HoldFact]:
    rows = Hold.objects.filter(
        Q(account=account) | Q(account__isnull=True),
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        debtor_id=account.debtor_id,
        blocks__contains=["contact"],
        starts_at__lte=at,
    )
    return (HoldFact(*row) for row in rows.values_list("kind", "ends_at", "starts_at"))


def newest_consent(debtor: Debtor, *, channel: str, contact_point: ContactPoint | None) -> Consent | None:
    """The last word about this channel, this address or all channels. A file that comes again with the creditor's old
    yes does not undo what the person refused since: only they can."""
    about_address = Q(contact_point__isnull=True)
    if contact_point is not None:
        about_address |= Q(contact_point=contact_point)
    rows = Consent.objects.filter(about_address, debtor=debtor, channel__in=[channel, EVERY_CHANNEL])
    said = list(rows.filter(purpose="collection").order_by("-recorded_at", "-id"))
    own = next((row for row in said if row.by_person), None)
    if own and not own.granted and said[0].granted:
        return own
    return next(iter(said), None)


def newest_word(debtor: Debtor, *, channel: str, contact_point: ContactPoint | None) -> Word | None:
    said = newest_consent(debtor, channel=channel, contact_point=contact_point)
    if said is None:
        return None
    return Word(said.granted, said.recorded_at, by_person=said.by_person, everything=said.channel == EVERY_CHANNEL)


def contact_counts(debtor_id: UUID, *, around: date) -> dict[tuple[date, str], int]:
    """Contacts by local day and channel."""
    rows = ContactCount.objects.filter(debtor_id=debtor_id, day__gt=around - COUNTED)
    return {(day, channel): n for day, channel, n in rows.values_list("day", "channel").annotate(n=Sum("count"))}


def policies_around(at: datetime) -> list[Policy]:
    """Every policy in force at some moment from now to the end of the search for a permitted one."""
    rows = ContactPolicy.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at.date() - _ONE_DAY),
        effective_from__lte=at.date() + HORIZON + _ONE_DAY,
    )
    return [Policy(**row) for row in rows.order_by("id").values(*_POLICY_FIELDS)]


def digest(action: Action, facts: Facts, policies: list[Policy]) -> str:
    """What the decision stood on, as evidence that it was not made up later."""
    return hashlib.sha256(repr((action, facts, policies)).encode()).hexdigest()
