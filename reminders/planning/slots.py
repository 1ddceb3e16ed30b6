"""Which ways are open to whole groups of people, and from when: a table the plan joins.

People are grouped by creditor, country and zone, and the policy packs in force and the house's own policies are asked
about somebody of whom nothing else is known. What only a person's telephone number or history tells is left to the
gate, which decides about each when the message is sent: nothing is planned that a country's law forbids everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Creditor, Hold
from compliance.facts import policies_around
from compliance.gate import HORIZON, Action, Facts, Kind, evaluate
from compliance.pack_facts import About, Word, channel_facts, contact_action, facts_about
from compliance.pack_register import covered, gate_for, packs_in_force
from compliance.packs import verdicts
from compliance.packs.look import Case
from compliance.packs.schema import Pack
from compliance.places import places_of
from compliance.zones import national_holidays
from reminders.channels.chosen import OPT_IN_ONLY
from reminders.channels.sms_policy import sms_allowed
from reminders.models import CHANNELS

KEYS = tuple(key for key, _ in CHANNELS)
PLAN = "plan"  # no purpose of its own: a demand like any reminder
OWN = "own"  # the debt that is asked about, whichever it is
_DISTINCT = "SELECT DISTINCT creditor_id, country, time_zone FROM accounts_debtor"
_LONG_AGO = timedelta(days=3_650)


@dataclass(frozen=True, slots=True)
class Slot:
    """`open_at`: ways open to everybody. `yes_at`: those open to who said yes to them. `frozen`: holds that close all.

    Not `covered`: no signed-off pack of the country is in force, so nothing is planned by machine.
    """

    creditor_id: int
    country: str
    time_zone: str
    covered: bool
    open_at: Mapping[str, datetime]
    yes_at: Mapping[str, datetime]
    frozen: tuple[str, ...] = ()


def slots(asked: Asked) -> list[Slot]:
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT)
        return [asked.slot(*place) for place in cursor.fetchall()]


class Asked:
    """What is the same for all groups is read once; creditors of one role in one place share their answers."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.roles = dict(Creditor.objects.values_list("id", "role"))
        self.policies = policies_around(at)
        self.packs = packs_in_force()
        # A part of the country nobody is known to be in: its hours are kept to, but it closes no way.
        self.national = tuple(pack for pack in self.packs if "subdivision" not in pack.jurisdiction)
        self._law: dict[tuple[object, ...], verdicts.Verdict] = {}

    @cached_property
    def word(self) -> Word:
        return Word(granted=True, at=self.at - timedelta(minutes=1))

    def slot(self, creditor_id: int, country: str, time_zone: str) -> Slot:
        role, places = self.roles[creditor_id], places_of(country=country, time_zone=time_zone, phones=(), addresses=())
        about = About(role=role, places=places)
        carried = [key for key in KEYS if key != "sms" or sms_allowed(role, country)]
        ways: list[dict[str, datetime]] = []
        for word in (None, self.word):
            moments = {
                key: self._opens(creditor_id, about, country, key, word)
                for key in carried
                if word is not None or key not in OPT_IN_ONLY
            }
            ways.append({key: moment for key, moment in moments.items() if moment is not None})
        return Slot(
            creditor_id,
            country,
            time_zone,
            covered(self.facts(about), packs=self.packs),
            open_at=ways[0],
            yes_at=ways[1],
            frozen=tuple(self._frozen(about)),
        )

    def facts(self, about: About) -> dict[str, object]:
        return facts_about(about, today=self.at.date())

    def _opens(self, creditor_id: int, about: About, country: str, channel: str, word: Word | None) -> datetime | None:
        """When this way opens for both the house and the law; None: the law of the country closes it to everybody."""
        moment = self.at
        facts = house_facts(about, country, creditor_id, self.at)
        while moment <= self.at + HORIZON:
            house = evaluate(Action(PLAN, channel), facts, self.policies, moment)
            law = self._asked(about, channel, word, moment, self.national)
            if law.kind in (verdicts.Kind.BLOCK, verdicts.Kind.HOLD):
                return None
            everywhere = self._asked(about, channel, word, moment, self.packs)
            later = [
                one.until
                for one, waits in ((house, Kind.DEFER), (law, verdicts.Kind.DEFER), (everywhere, verdicts.Kind.DEFER))
                if one.kind is waits and one.until is not None
            ]
            if not later:
                return moment
            moment = max(later)
        return self.at  # it suits no moment: a person has to look, once it is to be sent

    def _asked(
        self, about: About, channel: str, word: Word | None, moment: datetime, packs: tuple[Pack, ...]
    ) -> verdicts.Verdict:
        key = (about.role, about.places, about.holds, channel, word is None, moment, packs is self.packs)
        if key not in self._law:
            case = self.case(about, channel, word, moment)
            self._law[key] = gate_for(case.facts, packs=packs).decide(case)
        return self._law[key]

    def case(self, about: About, channel: str, word: Word | None, moment: datetime) -> Case:
        facts = self.facts(about) | channel_facts(about, channel=channel, word=word)
        return Case(
            action=contact_action(account=OWN, debtor="", channel=channel, purpose=PLAN),
            now=moment,
            zones=tuple(ZoneInfo(zone) for zone in about.places.zones),
            facts=facts,
        )

    def _frozen(self, about: About) -> Iterable[str]:
        """Kinds of hold under which the law lets nobody be written to, however long ago they began."""
        for kind in Hold.Kind.values:
            held = About(role=about.role, places=about.places, holds=((kind, self.at - _LONG_AGO),))
            law = self._asked(held, "letter", self.word, self.at, self.national)
            free = self._asked(about, "letter", self.word, self.at, self.national)
            if law.kind is verdicts.Kind.BLOCK and free.kind is not verdicts.Kind.BLOCK:
                yield kind


def house_facts(about: About, country: str, creditor_id: int, at: datetime) -> Facts:
    return Facts(
        account_status="open",
        balance_minor=1,
        country=country,
        zones=about.places.zones,
        creditor_id=creditor_id,
        consent=True,
        holidays=national_holidays(country, at.date() - timedelta(days=1), days=30),
    )
