"""May these debits be made? The packs' word about many at once: what is the same for a class is worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import Account, Hold
from compliance.contact_ledger import entry_of
from compliance.gate import not_covered
from compliance.models import ContactEntry, Decision
from compliance.pack_decisions import STORED_REASONS, facts_digest, reason_of
from compliance.pack_facts import About, facts_about
from compliance.pack_register import covered, gate_for, packs_in_force
from compliance.packs.actions import Action, Entry
from compliance.packs.engine import Gate
from compliance.packs.look import Case
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Kind, Verdict
from compliance.packs.vocabulary import DEBIT
from compliance.places import Places, places_of

NOT_COVERED, LAW = "not_covered", "law"
# Types of rules that ask for more than who and where: what they answer differs from debit to debit.
_ASKS_ABOUT_NOTICE, _ASKS_ABOUT_AMOUNT = "prenotice", "mandate"


@dataclass(frozen=True, slots=True)
class Debit:
    """A debit as payments tells it. `amount` in the unit people use; `agreed`: what the plan says for it. `tries`:
    the earlier ones of the same instalment."""

    account: Account
    instalment: str
    plan: str
    mandate: str
    rails: frozenset[str]
    amount: Decimal
    agreed: Decimal
    told_at: datetime | None
    tries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """`until`: when it is worth asking again; None: nobody knows."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Class:
    """Everything that debits of one kind of people by one way have in common."""

    gate: Gate
    covered: bool
    facts: Mapping[str, Any]
    zones: tuple[ZoneInfo, ...]
    by_notice: bool
    by_amount: bool
    by_age: bool


@dataclass
class DebitLaw:
    """The packs at one moment, for a batch. `holds` and `notes` by debtor: most have none."""

    at: datetime
    packs: tuple[Pack, ...]
    holds: Mapping[UUID, Sequence[tuple[str, datetime, int | None]]] = field(default_factory=dict)
    notes: Mapping[UUID, Sequence[Entry]] = field(default_factory=dict)
    _classes: dict[tuple[Any, ...], _Class] = field(default_factory=dict)
    _told: dict[tuple[Any, ...], Refusal | None] = field(default_factory=dict)

    def refusal(self, debit: Debit) -> Refusal | None:
        """Microseconds for a first try on somebody of whom nothing special is known; the evaluator for all others."""
        account = debit.account
        known = self._class_of(debit)
        special = debit.tries or account.debtor_id in self.holds or account.debtor_id in self.notes
        if special:
            return self._judged(debit, known)[0]
        key = (
            id(known),
            debit.amount == debit.agreed,
            debit.told_at if known.by_notice else debit.told_at is None,
            debit.amount if known.by_amount else None,
            account.due_date if known.by_age else None,
        )
        if key not in self._told:
            self._told[key] = self._judged(debit, known)[0]
        return self._told[key]

    def record(self, debit: Debit) -> None:
        """Evidence of a refusal: packs, rules and every word that was said."""
        known = self._class_of(debit)
        refusal, case, said = self._judged(debit, known)
        if refusal is None:
            return
        reasons = [reason_of(one) for one in said.findings if one.kind is not Kind.ALLOW]
        if refusal.reason == NOT_COVERED:
            reasons.insert(0, {"rule": NOT_COVERED, "words": not_covered().words, "until": None, "says": "review"})
        Decision.objects.create(
            account=debit.account,
            debtor_id=debit.account.debtor_id,
            action=DEBIT,
            channel="",
            verdict="review" if refusal.reason == NOT_COVERED else said.kind.name.lower(),
            until=said.until,
            reasons=reasons[:STORED_REASONS],
            facts_digest=facts_digest(case),
            packs=[f"{pack.id} {pack.version}" for pack in said.packs],
            rules=[NOT_COVERED] if refusal.reason == NOT_COVERED else list(said.rules),
            requirements=list(said.requirements),
            decided_at=self.at,
        )

    def _class_of(self, debit: Debit) -> _Class:
        account = debit.account
        debtor = account.debtor
        key = (account.creditor.role, account.product, debtor.country, debtor.time_zone, debit.rails)
        if key not in self._classes:
            places = places_of(country=debtor.country, time_zone=debtor.time_zone, phones=(), addresses=())
            self._classes[key] = self._make(account, places, debit.rails)
        return self._classes[key]

    def _make(self, account: Account, places: Places, rails: frozenset[str]) -> _Class:
        about = About(role=account.creditor.role, places=places, product=account.product)
        facts = facts_about(about, today=self.at.date())
        gate = gate_for(facts, packs=self.packs)
        rules = [
            rule for pack in gate.packs for rule in pack.rules if rule.scope.rails is None or rule.scope.rails & rails
        ]
        types = {rule.type for rule in rules}
        return _Class(
            gate=gate,
            covered=covered(facts, packs=self.packs),
            facts=facts,
            zones=tuple(ZoneInfo(zone) for zone in places.zones),
            by_notice=_ASKS_ABOUT_NOTICE in types,
            by_amount=_ASKS_ABOUT_AMOUNT in types,
            by_age=any(_asks_about_age(rule) for rule in rules),
        )

    def _judged(self, debit: Debit, known: _Class) -> tuple[Refusal | None, Case, Verdict]:
        case = _case_of(debit, known, self)
        said = known.gate.decide(case)
        if not known.covered:
            return Refusal(NOT_COVERED), case, said
        if said.kind is Kind.ALLOW:
            return None, case, said
        return Refusal(LAW, said.until), case, said


def read_law(accounts: Iterable[Account], *, at: datetime) -> DebitLaw:
    """Three questions for a whole batch: the packs in force, and who is held or noted."""
    people = list({account.debtor_id for account in accounts})
    running = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    holds: dict[UUID, list[tuple[str, datetime, int | None]]] = {}
    rows = Hold.objects.filter(running, debtor__any_of=people, starts_at__lte=at)
    for debtor, kind, since, account in rows.values_list("debtor_id", "kind", "starts_at", "account_id"):
        holds.setdefault(debtor, []).append((kind, since, account))
    notes: dict[UUID, list[Entry]] = {}
    for row in ContactEntry.objects.filter(debtor__any_of=people, channel=ContactEntry.NOTE, at__lte=at):
        notes.setdefault(row.debtor_id, []).append(entry_of(row))
    return DebitLaw(at=at, packs=packs_in_force(), holds=holds, notes=notes)


def _case_of(debit: Debit, known: _Class, law: DebitLaw) -> Case:
    account = debit.account
    about = [(kind, since) for kind, since, only in law.holds.get(account.debtor_id, ()) if only in (None, account.pk)]
    facts = dict(known.facts)
    if about:
        held = About(role=account.creditor.role, places=_NOWHERE, holds=tuple(about))
        facts = facts_about(held, today=law.at.date()) | facts
    facts |= {
        # What people sign with us: the text as shown, when, from where, and a copy (see wallets.models.mandates.proof).
        "mandate.form": "signed_or_similarly_authenticated_writing",
        "mandate_without_sca": False,  # the wallet asked for it when the mandate was signed there
        "recurring_substantially_regular": True,
        "authorised_amount": debit.agreed,
        "debt.product": account.product,
        "due_date": account.due_date,
    }
    if debit.told_at is not None:
        facts |= {"prenotice_sent": debit.told_at, "prenotice_form": "written"}
    return Case(
        action=Action(
            kind=DEBIT,
            rails=debit.rails,
            debts=(debit.instalment, str(account.pk)),
            person=str(account.debtor_id),
            mandate=debit.mandate,
            agreement=debit.plan,
            amount=debit.amount,
        ),
        now=law.at,
        zones=known.zones,
        facts=facts,
        ledger=(*debit.tries, *law.notes.get(account.debtor_id, ())),
    )


def _asks_about_age(rule: Rule) -> bool:
    """Whether its conditions, exceptions or parameters name how old a debt is. In doubt they do: it costs only time."""
    said = repr((rule.scope, rule.exceptions, rule.params))
    return any(name in said for name in ("past_due", "due_date", "time_barred"))


_NOWHERE = Places(countries=(), zones=())


def tried(
    *, at: datetime, instalment: str, plan: str, mandate: str, amount: Decimal, tag: str, code: str = ""
) -> Entry:
    """An earlier debit: `tag` failed, succeeded or unknown."""
    return Entry(
        at=at, channel=DEBIT, debts=frozenset({instalment}), mandate=mandate, agreement=plan, amount=amount,
        code=code.upper() if tag == "failed" else "", tags=frozenset({tag}),
    )  # fmt: skip
