"""What has to be true after every crash, asked of the wallet's own books and of ours, in words.

An oracle of its own: it counts money that moved at the simulated wallets and postings in the ledger, and believes
neither the states of payments nor what any service says about them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from common.clock import now
from common.money import Money
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import Attempt, JournalEntry, Payment, Posting, ProviderEvent, RetryDecision
from payments.models.payments import OPEN_ATTEMPT_STATES
from reminders.models import Message
from wallets.gateway import adapter, call
from wallets.models import Provider
from wallets.sandbox.testing import ControlClient

BOOKS_READY = timedelta(days=1, hours=10)
TAKEN = ("succeeded", "reversed")
FOR_DEBTS_ONLY = Q(step__isnull=False) | Q(purpose="pre_debit_notice")


@dataclass(frozen=True)
class Book:
    """How a simulated wallet writes a debit: our reference and the minor units; and where its days begin."""

    read: Callable[[dict[str, Any]], tuple[str, int]]
    ahead: timedelta = timedelta()


BEIJING = timedelta(hours=8)
BOOKS = {
    "alipay": Book(lambda one: (one["out_trade_no"], _minor(one["total_amount"], one["currency"])), BEIJING),
    "wechat": Book(lambda one: (one["out_trade_no"], int(one["total"])), BEIJING),
    "stripe": Book(lambda one: (one["attempt_id"], int(one["amount"]))),
    "paypal": Book(lambda one: (one["merchant_ref"], _minor(one["amount"], one["currency"]))),
}


def _minor(text: str, currency: str) -> int:
    return Money.parse(text, currency).minor


def wallets() -> list[Provider]:
    """Those that take money in this story."""
    return list(Provider.objects.filter(key__in=BOOKS).order_by("key"))


def wrongs(control: ControlClient) -> list[str]:
    """Every broken promise; [] when all is well. Nothing may be under way any more."""
    moved, posted = money_at_the_wallet(control), money_in_the_ledger()
    return [
        *_twice(control),
        *_lost(moved, posted),
        *_books(),
        *_unfinished(),
        *_stuck(),
        *_statements(),
        *_messages(),
    ]


def debits_at_the_wallet(control: ControlClient, key: str = "") -> list[tuple[str, int]]:
    """Each movement of money: our reference and its minor units. Of all wallets, where none is named."""
    keys = [key] if key else [provider.key for provider in wallets()]
    return [BOOKS[name].read(one) for name in keys for one in control.get(f"{name}/debits")["debits"]]


def money_at_the_wallet(control: ControlClient) -> Counter[str]:
    """Minor units that moved, by our reference."""
    moved: Counter[str] = Counter()
    for reference, minor in debits_at_the_wallet(control):
        moved[reference] += minor
    return moved


def money_in_the_ledger(key: str = "") -> Counter[str]:
    """Minor units posted into the wallets' clearing, by our reference."""
    keys = [key] if key else list(BOOKS)
    rows = Posting.objects.filter(ledger_account__kind="clearing", ledger_account__qualifier__in=keys)
    by_attempt = rows.filter(entry__kind="payment").values("entry__data__attempt").annotate(total=Sum("amount_minor"))
    references = dict(Attempt.objects.values_list("pk", "merchant_reference"))
    return Counter({references[row["entry__data__attempt"]]: row["total"] for row in by_attempt})


def charged_twice(control: ControlClient) -> list[str]:
    """References that moved money more than once, and instalments that were debited beyond their amount."""
    times = Counter(reference for reference, _minor_units in debits_at_the_wallet(control))
    found = [f"{reference} moved money {count} times" for reference, count in times.items() if count > 1]
    moved, taken, wanted = money_at_the_wallet(control), defaultdict(int), {}
    attempts = Attempt.objects.filter(merchant_reference__in=list(moved), payment__instalment__isnull=False)
    for reference, row, minor in attempts.values_list(
        "merchant_reference", "payment__instalment", "payment__instalment__amount_minor"
    ):
        taken[row] += moved[reference]
        wanted[row] = minor
    found += [
        f"instalment {row} was debited {taken[row]} of {wanted[row]}" for row in taken if taken[row] > wanted[row]
    ]
    return found + _beyond_the_debt(moved)


def _beyond_the_debt(moved: Counter[str]) -> list[str]:
    paid: Counter[int] = Counter()
    placed = {}
    attempts = Attempt.objects.filter(merchant_reference__in=list(moved))
    for reference, account, minor in attempts.values_list(
        "merchant_reference", "payment__account", "payment__account__placed_minor"
    ):
        paid[account] += moved[reference]
        placed[account] = minor
    return [f"account {row} paid {paid[row]} of {placed[row]}" for row in paid if paid[row] > placed[row]]


def _twice(control: ControlClient) -> Iterator[str]:
    yield from charged_twice(control)
    doubled = Posting.objects.filter(ledger_account__kind="clearing", entry__kind="payment").values(
        "entry__data__attempt"
    )
    for row in doubled.annotate(entries=Count("entry", distinct=True)).filter(entries__gt=1):
        yield f"attempt {row['entry__data__attempt']} was posted {row['entries']} times"


def charged_not_recorded(moved: Counter[str], posted: Counter[str]) -> list[str]:
    """Money that moved and is neither posted nor known to a person."""
    known = set(Attempt.objects.filter(needs_person=True).values_list("merchant_reference", flat=True))
    return [f"{ref}: the wallet took {moved[ref]}, {posted[ref]} is posted" for ref in moved
            if moved[ref] > posted[ref] and ref not in known]  # fmt: skip


def _lost(moved: Counter[str], posted: Counter[str]) -> Iterator[str]:
    yield from charged_not_recorded(moved, posted)
    yield from (f"{ref}: {posted[ref]} is posted, the wallet took {moved[ref]}"
                for ref in posted if posted[ref] > moved[ref])  # fmt: skip
    states = Attempt.objects.filter(merchant_reference__in=list(posted)).exclude(state__in=TAKEN)
    yield from (f"{row} is posted and {row.state}" for row in states)


def _books() -> Iterator[str]:
    yield from (f"entry {row} does not balance" for row in unbalanced_entries())
    yield from (f"account {row} differs from its postings" for row in drifted_accounts())


def _unfinished() -> Iterator[str]:
    yield from (f"attempt {row} is still {row.state}" for row in unfinished())
    attempts = Attempt.objects.filter(payment=OuterRef("pk"), state__in=OPEN_ATTEMPT_STATES)
    orphans = Payment.objects.filter(~Exists(attempts), state="open")
    yield from (f"payment {row} is open and nobody asks about it" for row in orphans)
    waiting = ProviderEvent.objects.filter(outcome="received", next_try_at=None)
    yield from (f"notice {row} was never applied" for row in waiting)


def unfinished() -> list[Attempt]:
    """Open, and not left to a person."""
    return list(Attempt.objects.filter(state__in=OPEN_ATTEMPT_STATES, needs_person=False))


def _stuck() -> Iterator[str]:
    """Open with nothing that will ever move it: no look-up, no lease, no person, and not in the queue to be sent."""
    rows = Attempt.objects.filter(state__in=OPEN_ATTEMPT_STATES, needs_person=False, look_up_at=None)
    queued = Q(state="created", payment__source="debit")
    yield from (f"attempt {row} is {row.state} for ever" for row in rows.filter(claimed_until=None).exclude(queued))
    unclaimed = Message.objects.filter(state="sending", claimed_until=None)
    yield from (f"message {row.pk} is being sent for ever" for row in unclaimed)


def _statements() -> Iterator[str]:
    for provider in wallets():
        yield from _statement(provider)


def _statement(provider: Provider) -> Iterator[str]:
    """The wallet's own daily bills against our postings, reference by reference, up to the last day that has one."""
    wallet, told, ahead = adapter(provider), Counter[str](), BOOKS[provider.key].ahead
    posted, last = money_in_the_ledger(provider.key), (now() - BOOKS_READY + ahead).date()
    when = _days(provider, ahead)
    for day in _days_up_to(last, when):
        for line in call(wallet.statement(day)):
            if line.kind.value == "payment":
                told[line.merchant_ref] += line.amount.minor
    expected = {ref for ref in posted if when[ref] <= last}
    for ref in told.keys() | expected:
        if told[ref] != posted[ref] and not Attempt.objects.filter(merchant_reference=ref, needs_person=True).exists():
            yield f"{ref}: the statement of {provider.key} says {told[ref]}, the ledger {posted[ref]}"


def _days(provider: Provider, ahead: timedelta) -> dict[str, date]:
    """By our reference: on which of the wallet's days its money moved."""
    entries: dict[int, datetime] = dict(
        JournalEntry.objects.filter(kind="payment").values_list("data__attempt", "effective_at")
    )
    attempts = Attempt.objects.filter(pk__in=entries, provider=provider).values_list("pk", "merchant_reference")
    return {reference: (entries[pk] + ahead).date() for pk, reference in attempts}


def _days_up_to(last: date, when: dict[str, date]) -> Iterator[date]:
    day = min(when.values(), default=last + timedelta(days=1))
    while day <= last:
        yield day
        day += timedelta(days=1)


def _messages() -> Iterator[str]:
    """Nobody whose debt is paid waits for a reminder, and nobody is thanked twice for one payment."""
    waiting = Message.objects.filter(FOR_DEBTS_ONLY, state__in=("due", "sending"), account__status="paid")
    yield from (f"{row.purpose} {row.pk} waits for an account that is paid" for row in waiting)
    thanks = Message.objects.filter(purpose__in=("receipt", "debit_receipt"))
    times = Counter(thanks.values_list("occasion", flat=True))
    for payment in Payment.objects.filter(state="succeeded", source__in=("link", "debit")):
        thanked = times[f"payment:{payment.pk}"]
        if thanked != 1:
            yield f"payment {payment} was confirmed to its payer {thanked} times"
    yield from _failures_untold()


def _failures_untold() -> Iterator[str]:
    """Who was short of money, or is not debited again, hears of it once; of a wallet's trouble nobody does."""
    told = Counter(
        Message.objects.filter(purpose__in=("debit_failed", "debit_stopped")).values_list("occasion", flat=True)
    )
    for attempt, ladder, next_at in RetryDecision.objects.values_list("attempt", "ladder", "next_at"):
        wanted, said = int(next_at is None or ladder == "declined"), told[f"attempt:{attempt}"]
        if said != wanted:
            yield f"the failure of attempt {attempt} was told {said} times instead of {wanted}"
