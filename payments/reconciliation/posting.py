"""Where a difference is posted once two people have agreed. Each posting is the item's own answer to the statement."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Min
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from common.clock import now
from common.errors import Conflict
from payments.ledger import Line, post_entry
from payments.models import Expectation, JournalEntry, LedgerAccount, Payment, Posting, ReconciliationItem
from payments.models.reconciliation import ReconciliationItem as Item
from payments.reconciliation.holding import HELD, hold, house, keep, let_go
from payments.services import settling
from payments.services.locking import lock_account
from wallets.providers.registry import facts_of

Kind = LedgerAccount.Kind
FOUND = "found"


def post_difference(item: ReconciliationItem, *, by: User) -> JournalEntry:
    """The caller holds the item's lock."""
    return _POST.get(item.destination, _post_there)(item, by)


def _post_there(item: ReconciliationItem, _by: User) -> JournalEntry:
    """To a line of the creditor's own books: suspense, or fees."""
    let_go(item)
    minor, own = item.difference.minor, item.provider.key
    entry, _is_new = post_entry(
        "reconciliation",
        idempotency_key=_key(item),
        creditor_id=item.creditor_id or 0,
        currency=item.currency,
        effective_at=now(),
        lines=[Line(Kind.CLEARING, minor, qualifier=own), Line(item.destination, -minor, qualifier=own)],
        item=item.reference,
    )
    _answer(item, entry, item.group_key, state="matched")
    return entry


def _assign(item: ReconciliationItem, by: User) -> JournalEntry:
    """It is this account's payment: the debt falls by what it can, the rest is the person's surplus."""
    if item.account_id is None:
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    let_go(item)
    account = lock_account(item.account_id)
    item.creditor = account.creditor
    lines = item.provider.statement_lines.filter(group_key=item.group_key, currency=item.currency)
    paid_at = lines.exclude(state="withdrawn").aggregate(at=Min("booked_at"))["at"] or now()
    entry, applied = settling.post_money(
        account,
        item.difference,
        key=_key(item),
        provider_key=item.provider.key,
        effective_at=paid_at,
        item=item.reference,
    )
    _answer(item, entry, item.group_key, state="matched")
    payment = Payment.objects.create(
        account=account,
        state="succeeded",
        amount_minor=item.difference.minor,
        currency=item.currency,
        source=FOUND,
        entry=entry,
        finished_at=now(),
    )
    settling.credit_instalments(account, applied, None)
    settling.update_account(account, paid_at=paid_at)
    record_event(
        "payment.succeeded",
        account=account,
        actor=by,
        source="user",
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        provider=item.provider.key,
        by=FOUND,
        entry=entry.pk,
        balance_minor=account.balance_minor,
    )
    settling.announce(payment)
    return entry


def _give_back(item: ReconciliationItem, _by: User) -> JournalEntry:
    """What lies in suspense was received, and goes out again: its way back is expected on a statement to come."""
    minor, own = item.difference.minor, item.provider.key
    if item.held_entry is None:
        hold(item, minor)
    received = item.held_entry
    assert received is not None  # noqa: S101 - held just now
    keep(item, None, 0)
    _answer(item, received, item.group_key, state="matched")
    entry, _is_new = post_entry(
        f"{HELD}_return",
        idempotency_key=_key(item),
        creditor_id=received.creditor_id,
        currency=item.currency,
        effective_at=now(),
        lines=[Line(Kind.SUSPENSE, minor, qualifier=own), Line(Kind.CLEARING, -minor, qualifier=own)],
        item=item.reference,
    )
    if facts_of(own).books.shows_money_back:
        _answer(item, entry, f"back:{item.group_key.partition(':')[2]}", state="open")
    item.creditor = item.creditor or house()
    return entry


def _key(item: ReconciliationItem) -> str:
    times = Expectation.objects.filter(provider=item.provider, group_key=item.group_key).count()
    return f"reconciliation:{item.pk}:{times}"


def _answer(item: ReconciliationItem, entry: JournalEntry, group: str, *, state: str) -> None:
    posting = Posting.objects.get(entry=entry, ledger_account__kind=Kind.CLEARING)
    Expectation.objects.create(
        provider=item.provider,
        posting=posting,
        entry=entry,
        creditor_id=entry.creditor_id,
        attempt=item.attempt,
        group_key=group,
        amount_minor=posting.amount_minor,
        currency=item.currency,
        expected_at=now(),
        state=state,
    )


_POST: dict[str, Callable[[ReconciliationItem, User], JournalEntry]] = {
    Item.Destination.ACCOUNT: _assign,
    Item.Destination.RETURN: _give_back,
}
