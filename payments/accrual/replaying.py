"""Working one account out again: one adjusting entry with the difference, nothing edited. Under the account's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now, today
from payments.accrual.comparing import Difference, compare, memory_of
from payments.accrual.reading import Story, read_stories
from payments.accrual.rules import Rules, read_rules
from payments.ledger import post_entry
from payments.models import AccrualState, JournalEntry
from payments.services import settling
from payments.services.locking import lock_account
from payments.services.reversing import reopen

WORKED_OUT = ("open", "paid")


@dataclass(frozen=True)
class Reckoning:
    """`entry` is None when the ledger says what the facts say."""

    story: Story
    difference: Difference
    entry: JournalEntry | None = None


def reckon(account: Account, *, through: date | None = None, rules: Rules | None = None) -> Reckoning:
    """What the facts lead to, posting nothing."""
    state = AccrualState.objects.filter(account=account).first()
    last = max(through or today(), state.through if state else date.min)
    story = read_stories([account], rules or read_rules(), through=last)[account.pk]
    return Reckoning(story, compare(story, state))


@transaction.atomic
def replay_account(account: Account, *, through: date | None = None, by: User | None = None) -> Reckoning:
    """Tell the account's story again and post what the ledger lacks, once: a repeat finds no difference."""
    account = lock_account(account.pk)
    if account.status not in WORKED_OUT:
        state = AccrualState.objects.filter(account=account).first()
        return Reckoning(*_unchanged(account, state))
    found = reckon(account, through=through)
    entry = settle_difference(account, found.story, found.difference, by=by)
    return Reckoning(found.story, found.difference, entry)


def _unchanged(account: Account, state: AccrualState | None) -> tuple[Story, Difference]:
    story = read_stories([account], Rules(), through=state.through if state else today())[account.pk]
    return story, compare(story, state)


def settle_difference(
    account: Account, story: Story, difference: Difference, *, by: User | None = None
) -> JournalEntry | None:
    """Post the difference and remember from what it was worked out. The caller holds the account's lock."""
    state, _new = AccrualState.objects.get_or_create(account=account, defaults={"through": story.latest})
    entry = _post(account, state, difference, at=now()) if difference else None
    state.through, state.facts, state.quiet_until = max(state.through, story.latest), memory_of(story), None
    state.save()
    if entry and difference.kind == "replay":
        _follow(account, difference, entry, by=by)
    return entry


def _post(account: Account, state: AccrualState, difference: Difference, *, at: datetime) -> JournalEntry:
    state.replays += 1
    entry, _is_new = post_entry(
        difference.kind,
        idempotency_key=f"accrual:{account.pk}:{state.replays}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=at,
        lines=difference.lines(account),
        **difference.data(),
    )
    account.refresh_from_db()
    return entry


def _follow(account: Account, difference: Difference, entry: JournalEntry, *, by: User | None) -> None:
    """Account, plan and agreements come to what is owed now; the record says what changed."""
    if account.balance_minor > 0:
        reopen(account)
    elif account.status == "open":
        settling.credit_instalments(account, 0, None)
        settling.update_account(account, paid_at=account.last_payment_at or now())
    record_event(
        "balance.recalculated",
        account=account,
        actor=by,
        source="user" if by else "system",
        entry=entry.pk,
        amount_minor=sum(difference.components.values()),
        currency=account.currency,
        changes=sorted({f"{reason.kind} {reason.how}" for reason in difference.reasons}),
    )
