"""What the rows say about many people and their debts, read together: a dozen statements for any number.

A judgement takes everything from here, so one contact and a batch of them are judged alike. Contacts reserved since
the reading are put in as well: of two of one batch the later one counts the earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts.models import Account, Consent, ContactPoint, Creditor, Debtor, Hold
from compliance.contact_ledger import histories_of, opened_at
from compliance.facts import policies_around
from compliance.gate import EVERY_CHANNEL, KIND_OF_CHANNEL, HoldFact, Policy
from compliance.models import ContactCount
from compliance.pack_facts import Word
from compliance.pack_register import packs_in_force
from compliance.packs.actions import Entry
from compliance.packs.reach import reach_of
from compliance.packs.schema import Pack

# The packs count by months too; a day more on each side, for local dates differ from UTC's by one at most.
COUNTED = timedelta(days=33)
_READ_ANYWAY = ("phone", "address")
Counts = dict[tuple[date, str], int]


@dataclass(slots=True)
class Person:
    """`points` in the order in which they are tried, `consents` the newest first, holds those of any account."""

    debtor: Debtor
    points: list[ContactPoint] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    holds: list[tuple[int | None, HoldFact]] = field(default_factory=list)
    counts: Counts = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)

    def usable_point(self, channel: str) -> ContactPoint | None:
        """As `compliance.selectors.usable_contact_point`."""
        kind = KIND_OF_CHANNEL.get(channel)
        return next((one for one in self.points if one.kind == kind and one.condition != "invalid"), None)

    def phones(self) -> list[str]:
        return [one.value for one in self.points if one.kind == "phone"]

    def newest_consent(self, channel: str, point: ContactPoint | None) -> Consent | None:
        """The last word about this channel, this address or all channels. A file that comes again with the creditor's
        old yes does not undo what the person refused since: only they can."""
        about = (None, point.pk) if point is not None else (None,)
        said = [
            one
            for one in self.consents
            if one.channel in (channel, EVERY_CHANNEL) and one.purpose == "collection" and one.contact_point_id in about
        ]
        own = next((one for one in said if one.by_person), None)
        if own and not own.granted and said[0].granted:
            return own
        return next(iter(said), None)

    def newest_word(self, channel: str, point: ContactPoint | None) -> Word | None:
        said = self.newest_consent(channel, point)
        if said is None:
            return None
        return Word(said.granted, said.recorded_at, by_person=said.by_person, everything=said.channel == EVERY_CHANNEL)

    def holds_on(self, account_id: int) -> tuple[HoldFact, ...]:
        return tuple(hold for about, hold in self.holds if about in (None, account_id))


@dataclass(frozen=True, slots=True)
class Known:
    """`opened`: when each account was first written about."""

    at: datetime
    accounts: dict[int, Account]
    people: dict[UUID, Person]
    opened: dict[int, datetime]
    policies: tuple[Policy, ...]
    packs: tuple[Pack, ...]

    def person_of(self, account_id: int) -> Person:
        return self.people[self.accounts[account_id].debtor_id]


def known_about(account_ids: Iterable[int], *, at: datetime, lock: bool = False) -> Known:
    """With `lock` payments that are just being posted to these accounts are waited for, in one order for everybody."""
    accounts = _accounts(sorted(set(account_ids)), lock=lock)
    people = {account.debtor_id: Person(account.debtor) for account in accounts.values()}
    packs = packs_in_force()
    _read_points(people)
    _read_consents(people)
    _read_holds(people, at)
    _read_counts(people, around=at.date())
    for debtor, history in histories_of(list(people), at=at, reach=reach_of(packs)).items():
        people[debtor].history = history
    return Known(at, accounts, people, opened_at(accounts.values()), tuple(policies_around(at)), packs)


def _accounts(ids: Sequence[int], *, lock: bool) -> dict[int, Account]:
    rows = Account.objects.filter(pk__any_of=ids).order_by("pk")
    found = {row.pk: row for row in (rows.select_for_update(no_key=True) if lock else rows)}
    if len(found) < len(ids):
        raise Account.DoesNotExist(f"There is no account {min(set(ids) - found.keys())}.")
    debtors = {row.pk: row for row in Debtor.objects.filter(pk__any_of=list({one.debtor_id for one in found.values()}))}
    creditors = Creditor.objects.in_bulk({one.creditor_id for one in found.values()})
    for account in found.values():
        account.know(debtor=debtors[account.debtor_id], creditor=creditors[account.creditor_id])
    return found


def _read_points(people: dict[UUID, Person]) -> None:
    for point in ContactPoint.objects.filter(debtor_id__any_of=list(people)).order_by("position", "id"):
        if point.kind in _READ_ANYWAY:
            point.value = point.value  # opened once: where a person may be is asked in each judgement
        people[point.debtor_id].points.append(point)


def _read_consents(people: dict[UUID, Person]) -> None:
    for word in Consent.objects.filter(debtor_id__any_of=list(people)).order_by("-recorded_at", "-id"):
        people[word.debtor_id].consents.append(word)


def _read_holds(people: dict[UUID, Person], at: datetime) -> None:
    rows = Hold.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        debtor_id__any_of=list(people),
        blocks__contains=["contact"],
        starts_at__lte=at,
    )
    told = rows.values_list("debtor_id", "account_id", "kind", "ends_at", "starts_at")
    for debtor, account, kind, until, since in told:
        people[debtor].holds.append((account, HoldFact(kind, until, since)))


def _read_counts(people: dict[UUID, Person], *, around: date) -> None:
    rows = ContactCount.objects.filter(debtor_id__any_of=list(people), day__gt=around - COUNTED)
    found: dict[UUID, Counts] = defaultdict(dict)
    for debtor, day, channel, number in rows.values_list("debtor_id", "day", "channel", "count"):
        found[debtor][day, channel] = number
    for debtor, counts in found.items():
        people[debtor].counts = counts
