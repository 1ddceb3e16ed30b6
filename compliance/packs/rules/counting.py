"""Which lines of the history count: for caps, quiet periods and retries alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compliance.packs.actions import RECORDS, Action, Entry
from compliance.packs.checks import EVERY
from compliance.packs.look import Look
from compliance.packs.names import also_called
from compliance.packs.schema import Rule
from compliance.packs.vocabulary import CHANNEL_FAMILIES, DEBIT

CONVERSATION = frozenset({"conversation", "effective_conversation", "spoke", "spoke_with_consumer", "conversed"})
_REACHED = CONVERSATION | {
    "contact", "contact_made", "contacted", "reached", "answered", "right_party", "right_party_contact", "message_left",
    "left_message", "voicemail_left", "delivered", "read", "replied",
}  # fmt: skip
_LOST = frozenset({"bounced", "failed", "undelivered", "undeliverable", "not_delivered", "blocked"})
_WRITTEN = frozenset({"sms", "mms", "email", "letter", "push", "whatsapp", "visit", "social"})
_RECIPIENTS = frozenset({"attorney", "creditor", "cra"})


def _attempted(entry: Entry) -> bool:
    return entry.is_attempt or (entry.inbound and not entry.is_debit)


def _contacted(entry: Entry) -> bool:
    """Somebody was reached: a message that arrived, a call that was answered or left word."""
    if entry.tags & _REACHED:
        return True
    return _attempted(entry) and entry.channel in _WRITTEN and not entry.tags & _LOST


def _conversed(entry: Entry) -> bool:
    return bool(entry.tags & CONVERSATION)


COUNTERS: Mapping[str, Callable[[Entry], bool]] = {
    "attempts": _attempted, "contacts": _contacted, "conversations": _conversed,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counter:
    """`counts` chooses by what happened; the rest by channel, direction and whose it was."""

    counts: Callable[[Entry], bool]
    channels: frozenset[str] | None
    direction: str
    per: tuple[str, ...]
    exclude: frozenset[str]
    aggregate: bool
    unattributed: bool
    student_loans: bool
    every_debt: bool
    debits: bool

    @property
    def by_debt(self) -> bool:
        return not {"debt", "account", "agreement"}.isdisjoint(self.per)

    def relevant(self, look: Look) -> list[Entry]:
        """Everything that counts for this person, of whatever debt; oldest first."""
        action, own = look.case.action, _own_name(look)
        return [entry for entry in look.case.ledger if self._counts(entry, action, own)]

    def _counts(self, entry: Entry, action: Action, own: Any) -> bool:
        if not self.counts(entry) or entry.is_debit is not self.debits:
            return False
        if self.direction != "any" and entry.inbound is not (self.direction == "in"):
            return False
        if self.channels is not None and entry.channel not in self.channels:
            return False
        if self.exclude and (entry.tags & self.exclude or (entry.who in _RECIPIENTS and _TO_THEM in self.exclude)):
            return False
        if "person" in self.per and entry.person and action.person and entry.person != action.person:
            return False
        if "mandate" in self.per and entry.mandate and action.mandate and entry.mandate != action.mandate:
            return False
        if "address" in self.per and entry.address and action.address and entry.address != action.address:
            return False
        return self.aggregate or not (entry.by and own and entry.by != own)

    def debts(self, action: Action, entries: list[Entry]) -> tuple[str | None, ...]:
        """The debts to count for; an action about no named debt is held against each that was ever spoken of."""
        if not self.by_debt:
            return (None,)
        named = action.debts or tuple(sorted({debt for entry in entries for debt in entry.debts}))
        return named or (None,)

    def of_debt(self, entries: list[Entry], debt: str | None, look: Look) -> list[Entry]:
        if debt is None:
            return entries
        same = self._same_account(look)
        return [entry for entry in entries if self._about(entry, debt) or (same and entry.account == same)]

    def _about(self, entry: Entry, debt: str) -> bool:
        if not entry.debts:
            return self.unattributed
        if not self.every_debt:
            return debt == min(entry.debts)
        return debt in entry.debts

    def _same_account(self, look: Look) -> str:
        """Student loans serviced under one account number are one debt."""
        if not self.student_loans or not (look.truth("student_loan") or look.truth("debt.student_loan")):
            return ""
        return str(look.value("account_number") or look.value("account") or "")


_TO_THEM = "to_attorney_creditor_or_cra"


def _own_name(look: Look) -> Any:
    return look.value("by") or look.value("agency") or look.value("actor")


def counter(rule: Rule, *, counts: Callable[[Entry], bool], direction: str) -> Counter:
    params = rule.params
    debits = "rails" in rule.scope.says and "channels" not in rule.scope.says
    return Counter(
        counts=counts,
        channels=None if debits else _channels(rule),
        direction=params.get("direction", direction),
        per=params.get("per", ("person",)),
        exclude=frozenset(word for name in params.get("exclude", ()) for word in also_called(name)),
        aggregate="aggregate" in params,
        unattributed=params.get("unattributed_call_counts_to") != "no_debt",
        student_loans="grouping" in params,
        every_debt=params.get("every_debt_discussed", True),
        debits=debits,
    )


def _channels(rule: Rule) -> frozenset[str] | None:
    """What a pack lists is taken at its word; what it does not list is what the rule speaks about."""
    listed = rule.params.get("channels_counted", rule.scope.channels)
    if listed is None or listed == EVERY:
        return None
    if "channels_counted" in rule.params:
        return frozenset(listed) | RECORDS
    return RECORDS.union(*(CHANNEL_FAMILIES.get(channel, {channel}) for channel in listed))


def attempted_debit(entry: Entry) -> bool:
    return entry.channel == DEBIT
