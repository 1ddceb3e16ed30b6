"""An account's dated facts and conditions, read for many accounts with a fixed number of questions."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Account, AccountHistory, Debtor, Hold
from accounts.models.debts import COMPONENTS
from payments.accrual.interest import Stop
from payments.accrual.replay import Conditions, Fact, FeeTerms, basis_points
from payments.accrual.rules import LIVE_PLANS, Rules, Scope
from payments.ledger.leaving import MOVE_KINDS
from payments.models import AccountFact, Instalment, LedgerAccount, Posting
from payments.models.accrual import FeeRule, InterestTerms

# What working an account out writes itself: the result of facts, not facts.
OWN_KINDS = frozenset({"interest", "fee", "accrual", "replay"})
FIXED_KINDS = frozenset({"placement_reversal", "balance_adjustment", "settlement", "write_off", "waiver", *MOVE_KINDS})
# A transfer that was put on the wrong account and has been taken off it.
MISPLACED = "payment_misplaced"
# Its key ends with the number of the refund's entry.
UNDONE = "refund_reversal"
RECEIVABLE, SUSPENSE = LedgerAccount.Kind.RECEIVABLE.value, LedgerAccount.Kind.SUSPENSE.value
DAY, MONTH = timedelta(days=1), timedelta(days=31)


@dataclass
class Moved:
    """What one entry of the ledger did to one account."""

    entry_id: int
    key: str
    kind: str
    at: datetime
    reverses: str
    attempt: Any
    of_entry: int | None
    components: dict[str, int]
    surplus: int = 0

    @property
    def came_in(self) -> int:
        """Money that arrived (positive) or went: what the debt fell by, and what was left over."""
        return self.surplus - sum(self.components.values())


@dataclass
class Story:
    """All that is needed to tell an account again, and what the ledger says now."""

    facts: list[Fact]
    conditions: Conditions
    ledger: dict[str, int]
    ledger_surplus: int
    latest: date
    entries: dict[str, Moved]
    recorded: list[AccountFact]
    rules: dict[str, list[Any]]
    fee_days: list[date]


def read_stories(accounts: Sequence[Account], rules: Rules, *, through: date) -> dict[int, Story]:
    """One story for each account; `through` bounds the fees that come by themselves."""
    ids = [account.pk for account in accounts]
    people = {
        row["pk"]: row
        for row in Debtor.objects.filter(pk__any_of={account.debtor_id for account in accounts}).values(
            "pk", "country", "time_zone"
        )
    }
    moved, recorded = (
        _moved(ids),
        _grouped(AccountFact.objects.filter(account__any_of=ids, state="done").select_related("entry"), "account_id"),
    )
    holds = _grouped(Hold.objects.filter(debtor__any_of=people), "debtor_id")
    schedules, paid_months = _schedules(ids), _paid_months(ids)
    stories = {}
    for account in accounts:
        person = people[account.debtor_id]
        scope = Scope(account.creditor_id, account.product, person["country"], account.currency)
        stories[account.pk] = _story(
            account,
            scope=scope,
            zone=ZoneInfo(person["time_zone"] or "UTC"),
            rules=rules,
            moved=moved[account.pk],
            recorded=recorded[account.pk],
            holds=[row for row in holds[account.debtor_id] if row.account_id in (None, account.pk)],
            schedule=tuple(schedules[account.pk]),
            last_paid=paid_months.get(account.pk),
            through=through,
        )
    return stories


def _grouped(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _moved(ids: Sequence[int]) -> dict[int, list[Moved]]:
    rows = Posting.objects.filter(account__any_of=ids, ledger_account__kind__in=[RECEIVABLE, SUSPENSE]).order_by(
        "entry_id"
    )
    columns = (
        "account_id", "entry_id", "component", "amount_minor", "ledger_account__kind", "entry__kind",
        "entry__idempotency_key", "entry__effective_at", "entry__reverses__idempotency_key", "entry__data__attempt",
        "entry__data__of_entry",
    )  # fmt: skip
    found: dict[int, dict[int, Moved]] = defaultdict(dict)
    for account_id, entry_id, component, minor, ledger, *about in rows.values_list(*columns):
        kind, key, at, reverses, attempt, of = about
        one = found[account_id].setdefault(entry_id, Moved(entry_id, key, kind, at, reverses or "", attempt, of, {}))
        if ledger == SUSPENSE:
            one.surplus -= minor
        else:
            one.components[component] = one.components.get(component, 0) + minor
    return defaultdict(list, {account_id: list(by_entry.values()) for account_id, by_entry in found.items()})


def _schedules(ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    rows = Instalment.objects.filter(plan__account__any_of=ids, plan__state__in=LIVE_PLANS).exclude(state="cancelled")
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for account_id, due_on, minor in rows.order_by("due_on", "pk").values_list(
        "plan__account_id", "due_on", "amount_minor"
    ):
        found[account_id].append((due_on, minor))
    return found


def _paid_months(ids: Sequence[int]) -> dict[int, date]:
    """The last day of the newest month in which the creditor saw a payment."""
    found = {}
    for row in AccountHistory.objects.filter(account__any_of=ids):
        back = next((number for number, minor in enumerate(row.paid_minor) if minor), None)
        if back is not None:
            found[row.account_id] = add_months(row.newest_month, 1 - back) - DAY
    return found


def _story(
    account: Account,
    *,
    scope: Scope,
    zone: ZoneInfo,
    rules: Rules,
    moved: list[Moved],
    recorded: list[AccountFact],
    holds: list[Hold],
    schedule: tuple[tuple[date, int], ...],
    last_paid: date | None,
    through: date,
) -> Story:
    entries = {one.key: one for one in moved}
    facts = _facts_of_ledger([one for one in moved if one.kind not in OWN_KINDS], zone, through)
    facts = _corrected(facts, recorded)
    placed_on = min((fact.on for fact in facts if fact.kind == "placed"), default=account.due_date)
    start = _start(rules.runs_from(scope), account=account, placed_on=placed_on, last_paid=last_paid)
    facts += _fees_by_rule(rules, scope, facts, account.due_date, placed_on=placed_on, through=through)
    return Story(
        facts=facts,
        conditions=Conditions(
            start=start,
            due_date=account.due_date,
            spans=rules.spans_of(scope),
            stops=(*_pauses(recorded), *_stops(holds, zone)),
            orders=rules.orders_of(scope),
            schedule=schedule,
        ),
        ledger={name: sum(one.components.get(name, 0) for one in moved) for name in COMPONENTS},
        ledger_surplus=sum(one.surplus for one in moved),
        latest=through,
        entries=entries,
        recorded=recorded,
        rules=rules.told(scope),
        fee_days=_fee_days(rules, scope, account.due_date, after=through),
    )


def _start(runs_from: str, *, account: Account, placed_on: date, last_paid: date | None) -> date:
    if runs_from == InterestTerms.RunsFrom.PLACEMENT:
        return placed_on
    if runs_from == InterestTerms.RunsFrom.LAST_PAYMENT:
        return max(account.due_date, last_paid or account.due_date)
    return account.due_date


def _facts_of_ledger(moved: list[Moved], zone: ZoneInfo, through: date) -> list[Fact]:
    """Days in the person's own zone; where that is a day ahead of ours, what happened today happened today.

    A refund that came back to us, or was never made, counts as never given.
    """
    undone = {one.entry_id for one in moved if one.kind == UNDONE}
    undone |= {int(one.key.rpartition(":")[2]) for one in moved if one.kind == UNDONE}
    moved = [one for one in moved if one.entry_id not in undone]
    came = {one.attempt: one.key for one in reversed(moved) if one.attempt is not None and one.came_in > 0}
    known, keys = {one.key for one in moved}, {one.entry_id: one.key for one in moved}
    facts = [
        _fact(
            one,
            zone,
            came.get(one.attempt) or keys.get(one.of_entry or 0, ""),
            one.reverses if one.reverses in known else "",
        )
        for one in moved
    ]
    return [replace(fact, on=min(fact.on, through)) for fact in facts]


def _fact(one: Moved, zone: ZoneInfo, came: str, reverses: str) -> Fact:
    on = one.at.astimezone(zone).date()
    if one.kind == "placement":
        return Fact(one.key, "placed", on, moves=tuple(one.components.items()))
    money = one.kind not in FIXED_KINDS
    if money and one.came_in > 0:
        return Fact(one.key, "paid", on, minor=one.came_in)
    if money and one.came_in < 0 and reverses:
        kind = "misplaced" if one.kind == MISPLACED else "taken_back"
        return Fact(one.key, kind, on, minor=-one.came_in, of=reverses)
    if money and one.came_in < 0 and came:
        return Fact(one.key, "given_back", on, minor=-one.came_in, of=came)
    return Fact(one.key, "adjusted", on, moves=tuple(one.components.items()), surplus=one.surplus)


def _corrected(facts: list[Fact], recorded: list[AccountFact]) -> list[Fact]:
    """The ledger's facts as staff corrected them (the last word counts), and what staff added."""
    by_key = {fact.key: fact for fact in facts}
    keys = {row.entry_id: row.entry.idempotency_key for row in recorded if row.entry}
    for row in sorted(recorded, key=lambda row: row.pk):
        key = keys.get(row.entry_id, "")
        if row.kind == AccountFact.Kind.PAYMENT_DATE and key in by_key:
            by_key[key] = replace(by_key[key], on=row.on)
        if row.kind == AccountFact.Kind.INSTRUCTION and key in by_key:
            by_key[key] = replace(by_key[key], instruction=row.component)
    added = {AccountFact.Kind.FEE: "fee", AccountFact.Kind.WAIVER: "waived"}
    own = [
        Fact(row.reference, added[kind], row.on, minor=row.amount_minor, component=row.component)
        for row in recorded
        if (kind := AccountFact.Kind(row.kind)) in added
    ]
    return [*by_key.values(), *own]


def _pauses(recorded: list[AccountFact]) -> list[Stop]:
    rows = [row for row in recorded if row.kind == AccountFact.Kind.PAUSE]
    return [Stop(row.on, row.until + DAY if row.until else None) for row in rows]


def _stops(holds: list[Hold], zone: ZoneInfo) -> list[Stop]:
    """A hold that stops interest does so from the day it begins to the day it ends, in the person's zone."""
    found = []
    for row in holds:
        if "interest" in row.blocks:
            ends = row.ends_at.astimezone(zone).date() if row.ends_at else None
            found.append(Stop(row.starts_at.astimezone(zone).date(), ends, row.kind))
    return found


def _fees_by_rule(
    rules: Rules, scope: Scope, facts: list[Fact], due_date: date, *, placed_on: date, through: date
) -> list[Fact]:
    runs_during = frozenset(kind for span in rules.spans_of(scope) for kind in span.runs_during)
    found = []
    for row, start, end in rules.fees_of(scope):
        terms = FeeTerms(
            flat=row.flat_minor,
            share=basis_points(row.share_basis_points),
            least=row.least_minor,
            most=row.most_minor,
            runs_during=runs_during,
        )
        for on, tag in _occasions(row, facts, due_date, through):
            if max(start, placed_on) <= on <= through and (end is None or on < end):
                key = f"{row.trigger}:{tag}"
                found.append(Fact(key, "rule_fee", on, component=row.component, fee=terms))
    return found


def _fee_days(rules: Rules, scope: Scope, due_date: date, *, after: date) -> list[date]:
    """The days on which a fee may come by itself within the month to come."""
    days = [
        on for row, _start, _end in rules.fees_of(scope) for on, _tag in _occasions(row, [], due_date, after + MONTH)
    ]
    return [on for on in days if on > after]


def _occasions(row: FeeRule, facts: list[Fact], due_date: date, through: date) -> list[tuple[date, str]]:
    if row.trigger == FeeRule.Trigger.OVERDUE:
        return [(due_date + timedelta(days=row.days), str(row.days))]
    if row.trigger == FeeRule.Trigger.TAKEN_BACK:
        return [(fact.on, fact.key) for fact in facts if fact.kind == "taken_back"]
    months = (through.year - due_date.year) * 12 + through.month - due_date.month + 1
    return [(add_months(due_date, number), str(number)) for number in range(1, months + 1)]


def add_months(day: date, months: int) -> date:
    """The same day of another month, or its last day where it is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
