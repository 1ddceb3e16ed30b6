"""The nightly run: every open account that some rule is for, in batches of flat size. Safe to repeat for a day."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Account
from common.clock import now, today
from payments.accrual.comparing import Difference, compare, memory_of
from payments.accrual.reading import Story, read_stories
from payments.accrual.replaying import settle_difference
from payments.accrual.rules import Rules, read_rules
from payments.ledger.chart import ledger_account
from payments.models import AccrualState, JournalEntry, Posting
from payments.models.accrual import Rule

BATCH = 500
MOVED_COLUMNS = ["balance_minor", "principal_minor", "interest_minor", "fees_minor", "costs_minor"]


def accrue_day(day: date | None = None, *, batch: int = BATCH) -> int:
    """Bring all accounts up to `day`; how many entries were posted. One that is locked is left for the next run."""
    day, rules, posted, last = day or today(), read_rules(), 0, 0
    if not (rules.interest or rules.fees):
        return 0
    while True:
        last_seen, count = accrue_batch(day, rules, after=last, size=batch)
        posted += count
        if last_seen is None:
            return posted
        last = last_seen


@transaction.atomic
def accrue_batch(day: date, rules: Rules, *, after: int, size: int) -> tuple[int | None, int]:
    """(the last account of this batch or None at the end, entries posted)."""
    ids = list(due_accounts(day, rules).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size])
    if not ids:
        return None, 0
    locked = Account.objects.select_for_update(skip_locked=True).filter(pk__in=ids).order_by("pk")
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
    return ids[-1], posted + _post_plain(plain, states)


def due_accounts(day: date, rules: Rules) -> QuerySet[Account]:
    """Open accounts that interest or fees may be for and that are not worked out to `day` yet."""
    wanted = Q(pk__in=[])
    for rule in (*rules.interest, *rules.fees):
        wanted |= _fitting(rule)
    rows = Account.objects.filter(wanted, status="open", balance_minor__gt=0)
    return rows.exclude(pk__in=AccrualState.objects.filter(through__gte=day).values("account_id"))


def _fitting(rule: Rule) -> Q:
    fits = Q(pk__isnull=False)
    if rule.creditor_id:
        fits &= Q(creditor_id=rule.creditor_id)
    if rule.product:
        fits &= Q(product=rule.product)
    if rule.country:
        fits &= Q(debtor__country=rule.country)
    return fits


def _post_plain(rows: list[tuple[Account, Story, Difference]], states: dict[int, AccrualState]) -> int:
    """Plain accruals of a batch: one entry each, written by a fixed number of statements."""
    for account, story, _difference in rows:
        state = states.setdefault(account.pk, AccrualState(account=account, through=story.latest))
        state.through, state.facts = max(state.through, story.latest), memory_of(story)
    due = [(account, difference) for account, _story, difference in rows if difference]
    for account, _difference in due:
        states[account.pk].replays += 1
    entries = JournalEntry.objects.bulk_create(
        JournalEntry(
            kind=difference.kind,
            creditor_id=account.creditor_id,
            idempotency_key=f"accrual:{account.pk}:{states[account.pk].replays}",
            effective_at=now(),
            data=difference.data(),
        )
        for account, difference in due
    )
    _write_postings(entries, due)
    _move_balances(due)
    AccrualState.objects.bulk_create(
        [states[account.pk] for account, _story, _difference in rows],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["through", "replays", "facts"],
    )
    return len(entries)


def _write_postings(entries: list[JournalEntry], due: list[tuple[Account, Difference]]) -> None:
    chart: dict[tuple[str, int, str], int] = {}
    postings = []
    for entry, (account, difference) in zip(entries, due, strict=True):
        for line in difference.lines(account):
            place = (str(line.kind), account.creditor_id, account.currency)
            if line.minor and place not in chart:
                chart[place] = ledger_account(line.kind, creditor_id=account.creditor_id, currency=account.currency).pk
            if line.minor:
                postings.append(
                    Posting(
                        entry=entry,
                        ledger_account_id=chart[place],
                        account=line.account,
                        component=line.component,
                        amount_minor=line.minor,
                        currency=account.currency,
                    )
                )
    Posting.objects.bulk_create(postings)


def _move_balances(due: list[tuple[Account, Difference]]) -> None:
    for account, difference in due:
        for name, minor in difference.components.items():
            setattr(account, f"{name}_minor", getattr(account, f"{name}_minor") + minor)
            account.balance_minor += minor
    Account.objects.bulk_update([account for account, _difference in due], MOVED_COLUMNS, batch_size=BATCH)
