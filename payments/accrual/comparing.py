"""What the facts lead to, against what the ledger says, and why the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import Account
from accounts.models.debts import COMPONENTS
from payments.accrual.reading import Story
from payments.accrual.replay import Outcome, replay
from payments.accrual.rules import NEVER
from payments.ledger import Line
from payments.models import AccrualState, LedgerAccount

Kind = LedgerAccount.Kind
# What lasts, with its first day and the first day after it.
LASTING = ("stop", "terms", "order", "fee_terms")


@dataclass(frozen=True)
class Reason:
    """A fact that is new, changed or gone among those of days already worked out."""

    key: str
    kind: str
    how: str
    on: str

    def data(self) -> dict[str, str]:
        return {"key": self.key, "kind": self.kind, "how": self.how, "on": self.on}


@dataclass(frozen=True)
class Difference:
    """`components` are to be added to what the ledger says; `surplus` to what waits in suspense."""

    outcome: Outcome
    components: dict[str, int]
    surplus: int
    reasons: list[Reason]
    before: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.surplus or any(self.components.values()))

    @property
    def moved(self) -> int:
        """How much money changes its place, whichever way."""
        return max(abs(self.surplus), *(abs(minor) for minor in self.components.values()))

    @property
    def is_plain_accrual(self) -> bool:
        """Nothing but new days: interest and charges on top, and no fact came late."""
        grown = all(minor >= 0 for minor in self.components.values())
        return grown and not self.reasons and not self.surplus and not self.components["principal"]

    @property
    def kind(self) -> str:
        if not self.is_plain_accrual:
            return "replay"
        moved = {name for name, minor in self.components.items() if minor}
        return "interest" if moved == {"interest"} else "accrual" if "interest" in moved else "fee"

    def lines(self, account: Account) -> list[Line]:
        """The debt and its mirror; what is no longer (or again) a surplus is (or is no longer) the creditor's."""
        owed = sum(self.components.values())
        return [
            *(Line(Kind.RECEIVABLE, minor, account=account, component=name) for name, minor in self.components.items()),
            Line(Kind.PLACED, -owed),
            Line(Kind.PAYABLE, self.surplus),
            Line(Kind.SUSPENSE, -self.surplus, account=account),
        ]

    def data(self) -> dict[str, Any]:
        after = {name: self.before[name] + minor for name, minor in self.components.items()}
        return {
            "before": self.before,
            "after": after,
            "surplus": self.surplus,
            "why": [reason.data() for reason in self.reasons],
        }


def compare(story: Story, state: AccrualState | None) -> Difference:
    outcome = replay(story.facts, story.conditions, through=story.latest)
    return Difference(
        outcome=outcome,
        components={name: outcome.components[name] - story.ledger[name] for name in COMPONENTS},
        surplus=outcome.surplus - story.ledger_surplus,
        reasons=_reasons(story, state),
        before=dict(story.ledger),
    )


def memory_of(story: Story) -> dict[str, list[Any]]:
    """What `AccrualState.facts` keeps: [kind, the day it bears on, what it said] of every fact, stop and rule."""
    came = {fact.key: fact.on for fact in story.facts if fact.kind == "paid"}
    told = {
        fact.key: [fact.kind, came.get(fact.of, fact.on).isoformat(), *fact.told()]
        for fact in story.facts
        if fact.kind != "rule_fee"
    }
    for stop in story.conditions.stops:
        end = stop.end.isoformat() if stop.end else NEVER
        told[f"stop:{stop.kind}:{stop.start}"] = ["stop", stop.start.isoformat(), end]
    return told | story.rules


def _reasons(story: Story, state: AccrualState | None) -> list[Reason]:
    """Without an earlier reckoning only what staff recorded is news: the rest is simply how the account is."""
    if state is None:
        return [Reason(row.reference, row.kind, "new", row.on.isoformat()) for row in story.recorded]
    told, through = memory_of(story), state.through.isoformat()
    found = [_reason(key, state.facts.get(key), told.get(key), through) for key in sorted({*told, *state.facts})]
    return [reason for reason in found if reason]


def _reason(key: str, before: list[Any] | None, after: list[Any] | None, through: str) -> Reason | None:
    """What came, went or changed in a time already worked out. What only ends later changes nothing there."""
    if before == after:
        return None
    known = [told for told in (before, after) if told]
    how = "changed" if len(known) == 2 else "new" if after else "gone"
    only_its_end = how == "changed" and known[0][0] in LASTING and known[0][3:] == known[1][3:]
    bears_on = min(told[2] if only_its_end else told[1] for told in known)
    if bears_on < through or key.startswith("FCT-"):
        return Reason(key, known[-1][0], how, known[-1][1])
    return None
