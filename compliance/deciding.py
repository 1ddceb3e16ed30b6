"""Decisions for good, about one contact or a batch of them: judged one after the other, written down together.

Each decision counts the contacts that the ones before it reserved, as if they had been written already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.models import Account, ContactPoint
from common.bulk import array_text, insert_rows
from common.clock import now
from common.rows import new_row
from compliance import contact_ledger
from compliance.gate import PASSIVE_CHANNELS, Action, Facts, Verdict
from compliance.judging import Judged, judge_known
from compliance.known import Known, known_about
from compliance.models import ContactEntry, Decision
from compliance.pack_decisions import STORED_REASONS, digest_of_told
from compliance.pack_facts import purpose_of

# In one order, so that two who reserve for the same people never wait for each other.
_COUNT = """
    INSERT INTO compliance_contactcount AS old (debtor_id, day, channel, count)
    SELECT * FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::int[]) AS new (debtor_id, day, channel, count)
    ORDER BY 1, 2, 3
    ON CONFLICT (debtor_id, day, channel) DO UPDATE SET count = old.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """`account` is the account as the decision saw it; `reserved_day` the local day the contact was counted on.
    `decision` has its key once it is written."""

    verdict: Verdict
    decision: Decision
    account: Account
    judged: Judged
    entry: ContactEntry | None = None
    reserved_day: date | None = None
    source: str = ""


@dataclass
class Deciding:
    """Call everything, `write` at the end, inside the one transaction that commits the sendings: the debtors' rows are
    locked by the caller until then, so of two last permitted contacts exactly one passes."""

    known: Known
    _decisions: list[Decision] = field(default_factory=list)
    _reserved: dict[int, Decided] = field(default_factory=dict)
    _openers: dict[int, ContactEntry] = field(default_factory=dict)

    @cached_property
    def _policies(self) -> str:
        return digest_of_told(self.known.policies)

    @classmethod
    def about(cls, account_ids: Iterable[int], *, at: datetime | None = None) -> Deciding:
        """Reads the world afresh. Under the locks of the accounts' debtors."""
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError("A decision holds locks: decide inside a transaction.")
        return cls(known_about(account_ids, at=at or now(), lock=True))

    def ask(self, account_id: int, action: Action, *, contact_point: ContactPoint | None) -> Judged:
        """What would be said now; nothing is stored or counted."""
        return judge_known(self.known, account_id, action, contact_point=contact_point)

    def consider(
        self, account_id: int, action: Action, *, contact_point: ContactPoint | None, source: str = ""
    ) -> Verdict:
        """Judge and keep the decision, and reserve nothing: for what a person does later, when it is asked again."""
        judged = self.ask(account_id, action, contact_point=contact_point)
        self._store(judged, judged.verdict, source)
        return judged.verdict

    def decide(
        self, account_id: int, action: Action, *, contact_point: ContactPoint | None, source: str = ""
    ) -> Decided:
        """Judge one contact and, when it may go, reserve it under the person's caps.

        `source` names the row this is for (message:7): by it the decision, and the line in the ledger of contacts, are
        found again. What is sent must pass `approve_words` as well.
        """
        judged = self.ask(account_id, action, contact_point=contact_point)
        decision = self._store(judged, judged.verdict, source)
        if not judged.verdict.may_go:
            return Decided(judged.verdict, decision, judged.account, judged, source=source)
        return self._reserve(judged, decision, source)

    def approve_words(self, decided: Decided, *, tokens: frozenset[str], text: str) -> Verdict:
        """The rendered message, before it leaves: it says what the rules want said, and nothing they forbid.

        A refusal is a decision of its own. The caller gives the reserved contact back.
        """
        verdict = decided.judged.with_words(tokens, text)
        if not verdict.may_go:
            self._store(decided.judged, verdict, decided.source)
        return verdict

    def give_back(self, decided: Decided) -> None:
        """It will not leave after all: nothing of it is counted or written, but the decision."""
        entry, day = decided.entry, decided.reserved_day
        if entry is None or self._reserved.pop(id(entry), None) is None:
            return
        person = self.known.people[entry.debtor_id]
        person.history.remove(contact_ledger.entry_of(entry))
        if day is not None:
            person.counts[day, entry.channel] -= 1
        if self._openers.get(decided.account.pk) is entry:
            del self._openers[decided.account.pk], self.known.opened[decided.account.pk]

    def write(self) -> None:
        """Decisions, lines of the ledger and counts, in three statements for any number."""
        insert_rows(self._decisions)
        contact_ledger.reserve([one.entry for one in self._reserved.values() if one.entry is not None])
        counts = Counter(
            (one.account.debtor_id, one.reserved_day, one.judged.action.channel)
            for one in self._reserved.values()
            if one.reserved_day is not None
        )
        if counts:
            columns = zip(*((*key, number) for key, number in counts.items()), strict=True)
            with connection.cursor() as cursor:
                cursor.execute(_COUNT, [array_text(list(column)) for column in columns])
        self._decisions, self._reserved, self._openers = [], {}, {}

    def _reserve(self, judged: Judged, decision: Decision, source: str) -> Decided:
        account, action, at = judged.account, judged.action, self.known.at
        address = judged.case.action.address
        entry = contact_ledger.reserved_entry(
            account.debtor_id, account=account.pk, channel=action.channel, purpose=action.purpose, at=at,
            address=address, source=source,
        )  # fmt: skip
        day = counted_on(action, judged.facts, at)
        person = self.known.people[account.debtor_id]
        person.history.append(contact_ledger.entry_of(entry))
        if account.pk not in self.known.opened:
            self.known.opened[account.pk], self._openers[account.pk] = at, entry
        if day is not None:
            person.counts[day, action.channel] = person.counts.get((day, action.channel), 0) + 1
        decided = Decided(judged.verdict, decision, account, judged, entry, day, source)
        self._reserved[id(entry)] = decided
        return decided

    def _store(self, judged: Judged, verdict: Verdict, source: str) -> Decision:
        own = verdict is judged.verdict
        said = [*(() if own else _words_of(verdict)), *judged.reasons]
        row = new_row(
            Decision,
            account=judged.account,
            debtor_id=judged.account.debtor_id,
            action=judged.action.purpose[:16],
            channel=judged.action.channel,
            verdict=verdict.kind.value,
            until=verdict.until,
            reasons=said[:STORED_REASONS],
            facts_digest=_digest_of(judged, self._policies),
            packs=judged.packs,
            rules=list(dict.fromkeys(reason.rule for reason in verdict.reasons)),
            requirements=list(judged.law.requirements),
            source=source[:48],
            decided_at=judged.case.now,
        )
        self._decisions.append(row)
        return row


def counted_on(action: Action, facts: Facts, at: datetime) -> date | None:
    """The person's local day on which the house's caps count it, always told in the first candidate zone."""
    if action.channel in PASSIVE_CHANNELS or not purpose_of(action.purpose).caps:
        return None
    return at.astimezone(ZoneInfo(facts.zones[0])).date()


def _words_of(verdict: Verdict) -> list[dict[str, object]]:
    return [
        {"rule": one.rule, "words": one.words, "until": None, "says": verdict.kind.value} for one in verdict.reasons
    ]


def _digest_of(judged: Judged, policies: str) -> str:
    """What the decision stood on, as evidence that it was not made up later."""
    case = judged.case
    zones = [zone.key for zone in case.zones]
    return digest_of_told(judged.action, judged.facts, policies, case.action, case.now, zones, case.facts, case.ledger)
