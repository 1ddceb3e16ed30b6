"""What a statement shows beyond our books lies in suspense from the moment it is a difference: the clearing then says
what the provider says. Where nobody knows whose money it is, it is the house's, until somebody has decided."""

from __future__ import annotations

from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_noop

from accounts.models import Creditor
from accounts.models.creditors import HOUSE
from common.clock import now
from payments.ledger import Line, post_entry, reverse_entry
from payments.models import JournalEntry, LedgerAccount, ReconciliationItem
from wallets.models import Provider

Kind = LedgerAccount.Kind
HELD = "unmatched"
# Never expected of a statement: they follow from it.
HOLDING = (HELD, f"{HELD}_reversal")
OPEN = ("open", "proposed")


def house() -> Creditor:
    """The books of money without an owner."""
    fields = {"name": gettext_noop("Money without an account"), "country": "ZZ"}
    return Creditor.objects.get_or_create(code=HOUSE, defaults=fields)[0]


def hold_differences(provider: Provider) -> int:
    """Hold what is new, let go of what is settled, and follow what has changed; how many moved."""
    shown = Q(state__in=OPEN) & ~Q(kind__in=[ReconciliationItem.Kind.MISSING, ReconciliationItem.Kind.FEE])
    rows = ReconciliationItem.objects.filter(Q(state__in=OPEN) | Q(held_entry__isnull=False), provider=provider)
    wanted = Case(When(shown, then=F("stated_minor") - F("expected_minor")), default=0)
    moved = list(rows.annotate(wanted=wanted).exclude(held_minor=F("wanted")).select_related("provider"))
    for item in moved:
        let_go(item)
        hold(item, item.wanted)
    return len(moved)


def hold(item: ReconciliationItem, minor: int) -> None:
    if not minor:
        return
    own = item.provider.key
    item.holdings += 1
    entry, _is_new = post_entry(
        HELD,
        idempotency_key=f"{HELD}:{item.pk}:{item.holdings}",
        creditor_id=item.creditor_id or house().pk,
        currency=item.currency,
        effective_at=now(),
        lines=[Line(Kind.CLEARING, minor, qualifier=own), Line(Kind.SUSPENSE, -minor, qualifier=own)],
        item=item.reference,
    )
    keep(item, entry, minor)


def let_go(item: ReconciliationItem) -> None:
    """Out of suspense again: it is settled, or posted where it belongs."""
    if item.held_entry:
        reverse_entry(item.held_entry, effective_at=now(), item=item.reference)
        keep(item, None, 0)


def keep(item: ReconciliationItem, entry: JournalEntry | None, minor: int) -> None:
    item.held_entry, item.held_minor = entry, minor
    item.save(update_fields=["held_entry", "held_minor", "holdings"])
