"""Which dated rule is in force for an account on which day: of those that fit, the narrowest.

Creditor weighs more than product, product more than country; between equals the one that began last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import wraps
from typing import Any, TypeVar

from accounts.models import Account
from common.clock import today
from payments.accrual.allocation import DEFAULT_ORDER, Order, parse_buckets
from payments.accrual.interest import InterestSpan, lawful_rate
from payments.accrual.replay import basis_points, due_amounts
from payments.models import Instalment
from payments.models.accrual import AllocationOrder, FeeRule, InterestTerms, Rule

LIVE_PLANS = ("active", "paused", "defaulted")
NEVER = "9999-12-31"
SAYS = {
    "terms": ("yearly_basis_points", "cap_basis_points", "cap_share", "day_count", "runs_from", "runs_during"),
    "order": ("buckets", "follows_debtor"),
    "fee_terms": ("component", "flat_minor", "share_basis_points", "least_minor", "most_minor"),
}
RuleT = TypeVar("RuleT", bound=Rule)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Scope:
    """What rules look at in an account."""

    creditor_id: int
    product: str
    country: str
    currency: str

    def fits(self, rule: Rule) -> bool:
        return (
            rule.creditor_id in (None, self.creditor_id)
            and rule.product in ("", self.product)
            and rule.country in ("", self.country)
        )


def _once_per_scope(work: Callable[[Rules, Scope], Found]) -> Callable[[Rules, Scope], Found]:
    """Accounts are many, scopes few: what is found for one is kept for the others, who only read it."""

    @wraps(work)
    def found(rules: Rules, scope: Scope) -> Found:
        key = (work.__name__, scope)
        if key not in rules.kept:
            rules.kept[key] = work(rules, scope)
        return rules.kept[key]

    return found


@dataclass(frozen=True)
class Rules:
    """All rules there are: few rows, read once for a night."""

    interest: tuple[InterestTerms, ...] = ()
    fees: tuple[FeeRule, ...] = ()
    orders: tuple[AllocationOrder, ...] = ()
    kept: dict[tuple[str, Scope], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @_once_per_scope
    def spans_of(self, scope: Scope) -> tuple[InterestSpan, ...]:
        return tuple(_interest_span(row, start, end) for row, start, end in timeline(self.interest, scope))

    @_once_per_scope
    def runs_from(self, scope: Scope) -> str:
        """As the first terms that were in force for this account say."""
        found = timeline(self.interest, scope)
        return found[0][0].runs_from if found else InterestTerms.RunsFrom.PLACEMENT

    @_once_per_scope
    def orders_of(self, scope: Scope) -> tuple[Order, ...]:
        return tuple(replace(order_of(row), start=start, end=end) for row, start, end in timeline(self.orders, scope))

    @_once_per_scope
    def fees_of(self, scope: Scope) -> list[tuple[FeeRule, date, date | None]]:
        """For each trigger the rules of the narrowest scope at their time, in the account's currency."""
        rows = [row for row in self.fees if row.currency == scope.currency]
        triggers = sorted({row.trigger for row in rows})
        return [found for name in triggers for found in together([row for row in rows if row.trigger == name], scope)]

    @_once_per_scope
    def told(self, scope: Scope) -> dict[str, list[Any]]:
        """What tells these rules from others as far as this account goes: [kind, from, until, what it says]."""
        found: dict[str, list[Any]] = {}
        for name, rows in (("terms", timeline(self.interest, scope)), ("order", timeline(self.orders, scope))):
            found |= {f"{name}:{start}": _told(name, row, start, end) for row, start, end in rows}
        for row, start, end in self.fees_of(scope):
            found[f"fee_terms:{row.trigger}:{row.days}:{start}"] = _told("fee_terms", row, start, end)
        return found


def read_rules() -> Rules:
    return Rules(
        tuple(InterestTerms.objects.order_by("pk")),
        tuple(FeeRule.objects.order_by("pk")),
        tuple(AllocationOrder.objects.order_by("pk")),
    )


def timeline(rows: Sequence[RuleT], scope: Scope) -> list[tuple[RuleT, date, date | None]]:
    """(rule, from, until) one after the other, without overlap: on each day the narrowest that fits."""
    fitting = [row for row in rows if scope.fits(row)]
    edges = sorted({edge for row in fitting for edge in (row.effective_from, row.effective_until) if edge})
    found: list[tuple[RuleT, date, date | None]] = []
    for start, end in zip(edges, [*edges[1:], None], strict=False):
        best = narrowest([row for row in fitting if _in_force(row, start)])
        if best is None:
            continue
        if found and found[-1][0] is best and found[-1][2] == start:
            start = found.pop()[1]
        found.append((best, start, end))
    return found


def together(rows: Sequence[RuleT], scope: Scope) -> list[tuple[RuleT, date, date | None]]:
    """Like `timeline`, but all rules of the narrowest scope count beside each other."""
    found: list[tuple[RuleT, date, date | None]] = []
    for row in rows:
        for best, start, end in timeline(rows, scope):
            if _covered(row) != _covered(best):
                continue
            first, last = max(start, row.effective_from), _earlier(end, row.effective_until)
            if last is not None and last <= first:
                continue
            if found and found[-1][0] is row and found[-1][2] == first:
                first = found.pop()[1]
            found.append((row, first, last))
    return found


def _earlier(first: date | None, second: date | None) -> date | None:
    return min((day for day in (first, second) if day), default=None)


def _covered(row: Rule) -> tuple[Any, ...]:
    return (row.creditor_id, row.product, row.country)


def _told(name: str, row: Rule, start: date, end: date | None) -> list[Any]:
    return [name, start.isoformat(), end.isoformat() if end else NEVER, *(getattr(row, field) for field in SAYS[name])]


def narrowest(rows: Sequence[RuleT]) -> RuleT | None:
    return max(rows, key=_narrowness, default=None)


def _narrowness(row: Rule) -> tuple[Any, ...]:
    return (row.creditor_id is not None, bool(row.product), bool(row.country), row.effective_from, row.pk or 0)


def _in_force(row: Rule, day: date) -> bool:
    return row.effective_from <= day and (row.effective_until is None or day < row.effective_until)


def _interest_span(row: InterestTerms, start: date, end: date | None) -> InterestSpan:
    return InterestSpan(
        start=start,
        end=end,
        yearly=lawful_rate(row.yearly_basis_points, row.cap_basis_points),
        day_count=row.day_count,
        cap_share=None if row.cap_share is None else basis_points(row.cap_share),
        runs_during=frozenset(row.runs_during),
    )


def order_of(row: AllocationOrder) -> Order:
    return Order(parse_buckets(row.buckets), follows_debtor=row.follows_debtor)


def order_among(rows: Sequence[AllocationOrder], account: Account, day: date) -> Order:
    """The narrowest of these rules that fits the account and is in force; the default where none is."""
    found = [row for row in rows if scope_of(account).fits(row) and _in_force(row, day)]
    best = narrowest(found)
    return order_of(best) if best else DEFAULT_ORDER


def scope_of(account: Account) -> Scope:
    return Scope(account.creditor_id, account.product, account.debtor.country, account.currency)


def due_of(account: Account, left: Iterable[Instalment]) -> tuple[int, int]:
    """(past due, due today) of what is owed now: by what the live plans still expect (`left`), else by the due date."""
    schedule = [(row.due_on, row.amount_minor - row.paid_minor) for row in left]
    return due_amounts(today(), account.due_date, schedule, owed=account.balance_minor, paid=0)
