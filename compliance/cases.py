"""One contact as the two judges want it told: plain facts for the house's conditions, a case for the policy packs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from accounts.models import Account, ContactPoint, Debtor
from compliance.contact_ledger import address_digest, counted_before, refusal_of, request_of
from compliance.facts import zones_from
from compliance.gate import EVERY_CHANNEL, HORIZON, Action, Facts
from compliance.known import Known
from compliance.pack_facts import (
    About,
    asked_for,
    channel_facts,
    contact_action,
    facts_about,
    kind_of_address,
)
from compliance.packs.look import Case
from compliance.places import Places, places_of
from compliance.zones import national_holidays

_ONE_DAY = timedelta(days=1)


def facts_of(known: Known, account: Account, *, channel: str, contact_point: ContactPoint | None) -> Facts:
    at, person, debtor = known.at, known.people[account.debtor_id], account.debtor
    said = person.newest_consent(channel, contact_point)
    return Facts(
        account_status=account.status,
        balance_minor=account.balance_minor,
        country=debtor.country,
        zones=zones_from(debtor.time_zone, country=debtor.country, phones=person.phones),
        creditor_id=account.creditor_id,
        quiet_until=account.quiet_until if account.quiet_until and account.quiet_until > at else None,
        holds=person.holds_on(account.pk),
        consent=said.granted if said else None,
        refused_everything=bool(said and not said.granted and said.channel == EVERY_CHANNEL),
        contact_point=contact_point.condition if contact_point else None,
        holidays=national_holidays(debtor.country, at.date() - _ONE_DAY, days=2 * HORIZON.days),
        counts=dict(person.counts),
    )


def case_of(
    known: Known, account: Account, action: Action, facts: Facts, *, contact_point: ContactPoint | None
) -> Case:
    """Everything that packs in force may ask about one contact."""
    at, person = known.at, known.people[account.debtor_id]
    places = places_on_file(person.debtor, person.points)
    zones = tuple(ZoneInfo(zone) for zone in places.zones)
    about = About(
        role=account.creditor.role,
        places=places,
        product=account.product,
        due_date=account.due_date,
        language=person.debtor.language,
        holds=tuple((hold.kind, hold.since) for hold in facts.holds if hold.since is not None),
    )
    word = person.newest_word(action.channel, contact_point)
    address = address_digest(contact_point)
    told = facts_about(about, today=at.astimezone(zones[0] if zones else None).date())
    told |= channel_facts(about, channel=action.channel, word=word)
    if began := known.opened.get(account.pk):
        told["initial_communication"] = began
    lines = list(person.history)
    if zones:
        lines += counted_before(facts.counts, lines, zone=zones[0], before=at)
    lines += refusal_of(word, channel=action.channel, address=address)
    if asked_for(action.purpose):
        lines.append(request_of(action.channel, account=account.pk, at=at))
    return Case(
        action=contact_action(
            account=str(account.pk),
            debtor=str(account.debtor_id),
            channel=action.channel,
            purpose=action.purpose,
            address=address,
            address_kind=kind_of_address(action.channel, contact_point.value if contact_point else ""),
        ),
        now=at,
        zones=zones,
        facts=told,
        ledger=tuple(lines),
    )


def places_on_file(debtor: Debtor, points: Iterable[ContactPoint]) -> Places:
    """`points` in the order in which they are tried."""
    found: dict[str, list[str]] = {"phone": [], "address": []}
    for point in points:
        if point.kind in found and point.condition != "invalid":
            found[point.kind].append(point.value)
    return places_of(
        country=debtor.country,
        time_zone=debtor.time_zone,
        phones=tuple(found["phone"]),
        addresses=tuple(found["address"]),
    )
