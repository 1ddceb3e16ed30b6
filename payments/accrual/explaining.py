"""How a balance came about, and what a late entry changed, in words a person can follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.models.debts import COMPONENTS
from accounts.roles import may
from common.money import Money
from payments.accrual.reading import Story
from payments.accrual.replaying import reckon
from payments.models import AccountFact, AccrualState, JournalEntry, Posting, ReplayDue

SHOWN_STEPS, SHOWN_REPLAYS = 12, 3
COMPONENT_WORDS: dict[str, Promise] = {
    "principal": _("Principal"), "interest": _("Interest"), "fees": _("Fees"), "costs": _("Costs"),
}  # fmt: skip
STEP_WORDS: dict[str, Promise] = {
    "placed": _("Handed over to us"),
    "adjusted": _("Corrected"),
    "fee": _("Fee or cost"),
    "rule_fee": _("Fee by rule"),
    "paid": _("Payment"),
    "given_back": _("Money given back"),
    "taken_back": _("Payment taken back; it counts as never made"),
    "misplaced": _("Payment was not for this account; it counts as never made"),
    "waived": _("Waived"),
    "interest": _("Interest"),
    "stop": _("No interest for some days"),
    "payment_date": _("A payment arrived on another day"),
    "instruction": _("The debtor said what a payment was for"),
    "pause": _("No interest for some days"),
    "waiver": _("Waived"),
    "terms": _("Interest terms"),
    "order": _("Order of allocation"),
    "fee_terms": _("Fee rule"),
    "replay": _("Worked out again after a late entry"),
    "accrual": _("Interest and fees"),
}
HOW_WORDS: dict[str, Promise] = {"new": _("became known late"), "changed": _("was corrected"), "gone": _("was removed")}


@dataclass(frozen=True)
class Row:
    on: date | datetime
    words: Promise | str
    change: Money
    parts: list[tuple[Promise, Money]]
    balance: Money
    nights: int = 0


@dataclass(frozen=True)
class Change:
    """One recalculation: (component, before, after) of what it moved, and (what, how, when) of each reason."""

    at: datetime
    parts: list[tuple[Promise, Money, Money]]
    surplus: Money
    why: list[tuple[Promise | str, Promise, date | None]]


def balance_panel(request: HttpRequest, account: Account) -> dict[str, Any]:
    found = reckon(account, through=None)
    worked_out = AccrualState.objects.filter(account=account).exists()
    rows = _steps(account, found.difference.outcome.steps)
    if found.difference and not worked_out:
        rows = _ledger_rows(account, found.story)
    working = may(request.user, "work")
    return {
        "account": account,
        "rows": rows[-SHOWN_STEPS:],
        "earlier": max(0, len(rows) - SHOWN_STEPS),
        "changes": _changes(account),
        "pending": Money(sum(found.difference.components.values()), account.currency) if worked_out else None,
        "due": ReplayDue.objects.filter(account=account).exists(),
        "working": working,
        "waiting": working and AccountFact.objects.filter(account=account, state="requested").exists(),
    }


def change_words(code: str) -> str:
    """`paid new`, as an event stores what made a balance change, in words; "" where it is nothing of the kind."""
    kind, _space, how = code.partition(" ")
    return f"{STEP_WORDS[kind]}: {HOW_WORDS[how]}" if kind in STEP_WORDS and how in HOW_WORDS else ""


def _parts(account: Account, after: dict[str, int]) -> list[tuple[Promise, Money]]:
    return [(COMPONENT_WORDS[name], Money(after[name], account.currency)) for name in COMPONENTS]


def _steps(account: Account, steps: list[Any]) -> list[Row]:
    return [
        Row(
            on=step.on,
            words=STEP_WORDS[step.kind],
            change=Money(step.change, account.currency),
            parts=_parts(account, step.after),
            balance=Money(step.balance, account.currency),
            nights=step.nights,
        )
        for step in steps
    ]


def _ledger_rows(account: Account, story: Story) -> list[Row]:
    """As the ledger has it, for an account that no rule has worked out yet."""
    rows, after = [], dict.fromkeys(COMPONENTS, 0)
    kinds = {fact.key: fact.kind for fact in story.facts}
    for one in sorted(story.entries.values(), key=lambda one: (one.at.date(), one.entry_id)):
        for name, minor in one.components.items():
            after[name] += minor
        words = STEP_WORDS.get(kinds.get(one.key, one.kind), one.kind)
        change, balance = Money(sum(one.components.values()), account.currency), sum(after.values())
        rows.append(Row(one.at, words, change, _parts(account, after), Money(balance, account.currency)))
    return rows


def _changes(account: Account) -> list[Change]:
    own = Posting.objects.filter(account=account).values("entry_id")
    rows = JournalEntry.objects.filter(kind="replay", pk__in=own).order_by("-pk")
    return [_change(account, row) for row in rows[:SHOWN_REPLAYS]]


def _change(account: Account, row: JournalEntry) -> Change:
    before, after = row.data["before"], row.data["after"]
    parts = [
        (COMPONENT_WORDS[name], Money(before[name], account.currency), Money(after[name], account.currency))
        for name in COMPONENTS
        if before[name] != after[name]
    ]
    why = [
        (STEP_WORDS.get(reason["kind"], reason["kind"]), HOW_WORDS[reason["how"]], parse_date(reason["on"]))
        for reason in row.data["why"]
    ]
    return Change(row.recorded_at, parts, Money(row.data["surplus"], account.currency), why)
