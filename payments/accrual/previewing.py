"""What a rule that is asked for would change: of how many accounts, and what on some of them. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.models import Account
from common.clock import today
from common.money import Money
from payments.accrual.changing import TABLES, rule_of
from payments.accrual.reading import Story, read_stories
from payments.accrual.replay import replay
from payments.accrual.replaying import WORKED_OUT
from payments.accrual.rules import Rules, read_rules
from payments.models import FeeRule, RuleChange
from payments.models.accrual import Rule

LOOK_AT, EXAMPLES = 200, 5
AHEAD = timedelta(days=30)
FIELDS = {"interest": "interest", "fee": "fees", "order": "orders"}


@dataclass(frozen=True)
class Example:
    """Balances without and with the change, today and in thirty days if nothing else happens."""

    account: Account
    now_without: Money
    now_with: Money
    later_without: Money
    later_with: Money
    parts_differ: bool

    @property
    def differs(self) -> bool:
        return self.now_without != self.now_with or self.later_without != self.later_with or self.parts_differ


@dataclass(frozen=True)
class Preview:
    """`looked_at` of the `fitting` accounts were told both ways: all of them, or some spread evenly."""

    fitting: int
    looked_at: int
    changed: int
    examples: list[Example]
    later: date

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.fitting


def preview(change: RuleChange) -> Preview:
    rule = rule_of(change.kind, change.terms) if change.terms else None
    replaced = TABLES[change.kind]._default_manager.filter(pk=change.replaces or 0).first()
    before = read_rules()
    after = _with(before, change, rule, replaced)
    touched = [row for row in (rule, replaced) if row]
    fitting = _fitting(touched)
    shown = list(_spread(fitting))
    examples = _told_both_ways(shown, before, after)
    changed = [row for row in examples if row.differs]
    return Preview(fitting.count(), len(shown), len(changed), changed[:EXAMPLES], today() + AHEAD)


def _with(rules: Rules, change: RuleChange, rule: Rule | None, replaced: Rule | None) -> Rules:
    """The rules as they would be, in memory only."""
    rows: list[Rule] = [row for row in getattr(rules, FIELDS[change.kind]) if not replaced or row.pk != replaced.pk]
    if replaced and change.day > replaced.effective_from:
        replaced.effective_until = change.day
        rows.append(replaced)
    if rule:
        rows.append(rule)
    parts = {name: getattr(rules, name) for name in FIELDS.values()}
    return Rules(**parts | {FIELDS[change.kind]: tuple(rows)})


def _fitting(touched: Sequence[Rule]) -> QuerySet[Account]:
    wanted = Q(pk__in=[])
    for rule in touched:
        fits = Q(creditor_id=rule.creditor_id) if rule.creditor_id else Q()
        fits &= Q(product=rule.product) if rule.product else Q()
        fits &= Q(debtor__country=rule.country) if rule.country else Q()
        fits &= Q(currency=rule.currency) if isinstance(rule, FeeRule) else Q()
        wanted |= fits or Q(pk__isnull=False)
    return Account.objects.filter(wanted, status__in=WORKED_OUT)


def _spread(fitting: QuerySet[Account]) -> QuerySet[Account]:
    """The same accounts at each look, whatever order they came in."""
    by_chance = Func(Cast(F("pk"), TextField()), function="md5")
    return fitting.select_related("debtor").order_by(by_chance, "pk")[:LOOK_AT]


def _told_both_ways(accounts: list[Account], before: Rules, after: Rules) -> list[Example]:
    later = today() + AHEAD
    without, within = (read_stories(accounts, rules, through=later) for rules in (before, after))
    return [_example(account, without[account.pk], within[account.pk], later) for account in accounts]


def _example(account: Account, without: Story, within: Story, later: date) -> Example:
    ends = [
        replay(story.facts, story.conditions, through=day) for day in (today(), later) for story in (without, within)
    ]
    balances = [Money(end.balance, account.currency) for end in ends]
    parts_differ = ends[0].components != ends[1].components or ends[2].components != ends[3].components
    return Example(account, balances[0], balances[1], balances[2], balances[3], parts_differ)
