"""The nightly run: every open account that some rule is for, in chunks of flat size. Safe to repeat for a day.

Accounts nothing happened to cost a multiplication (`payments.accrual.quiet`); the others are told from the beginning.
Each chunk is a transaction of its own: a run that dies has done whole chunks, and the next one does the rest.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Account
from common.clock import now, today
from payments.accrual.comparing import Difference, compare, memory_of
from payments.accrual.quiet import Told, accrue_quiet, forecast, remember, stamp_of
from payments.accrual.reading import Story, read_stories
from payments.accrual.replaying import settle_difference
from payments.accrual.rules import Rules, read_rules
from payments.ledger import NewEntry, post_entries
from payments.models import AccrualState
from payments.models.accrual import Rule

BATCH, QUIET_BATCH = 500, 2_000


def accrue_day(day: date | None = None, *, batch: int = BATCH) -> int:
    """Bring all accounts up to `day`; how many entries were posted. One that is locked is left for the next run."""
    day, rules = day or today(), read_rules()
    if not (rules.interest or rules.fees):
        return 0
    posted, last, stamp = 0, 0, stamp_of(rules)
    while (found := accrue_quiet(day, stamp, after=last, size=QUIET_BATCH))[0] is not None:
        last, posted = found[0], posted + found[1]
    last = 0
    while (found := accrue_batch(day, rules, after=last, size=batch))[0] is not None:
        last, posted = found[0], posted + found[1]
    return posted


@transaction.atomic
def accrue_batch(day: date, rules: Rules, *, after: int, size: int) -> tuple[int | None, int]:
    """(the last account of this batch or None at the end, entries posted)."""
    ids = list(due_accounts(day, rules).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size])
    if not ids:
        return None, 0
    locked = Account.objects.select_for_update(skip_locked=True).filter(pk__any_of=ids).order_by("pk")
    accounts = [account for account in locked if account.status == "open"]
    states = AccrualState.objects.in_bulk([account.pk for account in accounts])
    stories = read_stories(accounts, rules, through=day)
    plain, posted = [], 0
    for account in accounts:
        story = stories[account.pk]
        difference = compare(story, states.get(account.pk))
        if difference and not difference.is_plain_accrual:
            posted += settle_difference(account, story, difference) is not None
        else:
            plain.append((account, story, difference))
    return ids[-1], posted + _post_plain(plain, states, stamp_of(rules))


def due_accounts(day: date, rules: Rules) -> QuerySet[Account]:
    """Open accounts that interest or fees may be for and that are not worked out to `day` yet."""
    wanted = Q(pk__in=[])
    for rule in (*rules.interest, *rules.fees):
        wanted |= _fitting(rule)
    # As a join both sides are read in the order of their keys; as a subquery the planner may walk it for each account.
    not_yet = Q(accrual=None) | Q(accrual__through__lt=day)
    return Account.objects.filter(wanted, not_yet, status="open", balance_minor__gt=0)


def _fitting(rule: Rule) -> Q:
    fits = Q(pk__isnull=False)
    if rule.creditor_id:
        fits &= Q(creditor_id=rule.creditor_id)
    if rule.product:
        fits &= Q(product=rule.product)
    if rule.country:
        fits &= Q(debtor__country=rule.country)
    return fits


def _post_plain(rows: list[tuple[Account, Story, Difference]], states: dict[int, AccrualState], stamp: int) -> int:
    """Plain accruals of a batch: one entry each, written by a fixed number of statements."""
    entries, told = [], []
    for account, story, difference in rows:
        state = states.get(account.pk)
        through, replays = (state.through, state.replays) if state else (story.latest, 0)
        if difference:
            replays += 1
            entries.append(_entry(account, difference, replays))
        told.append(
            Told(
                account.pk,
                through=max(through, story.latest),
                replays=replays,
                facts=memory_of(story),
                forecast=forecast(story, difference.outcome),
            )
        )
    post_entries(entries)
    remember(told, stamp)
    return len(entries)


def _entry(account: Account, difference: Difference, replays: int) -> NewEntry:
    return NewEntry(
        kind=difference.kind,
        idempotency_key=f"accrual:{account.pk}:{replays}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now(),
        lines=difference.lines(account),
        data=difference.data(),
    )
