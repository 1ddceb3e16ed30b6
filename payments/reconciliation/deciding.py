"""What a person does about a difference: take it, match it by hand, accept a fee, or have it posted by two people."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Creditor, User
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.models import Expectation, ReconciliationItem, StatementLine
from payments.models.reconciliation import ITEM_STATES
from payments.reconciliation.matching import facts, lock_books
from payments.reconciliation.posting import post_difference
from payments.reconciliation.reading import group_key
from payments.reconciliation.running import settle_provider

Destination = ReconciliationItem.Destination
# Money that goes to somebody, and not to a line of a creditor's books.
TO_PEOPLE = (Destination.ACCOUNT, Destination.RETURN)
SHORTEST_REASON = 3


@transaction.atomic
def assign_item(item: ReconciliationItem, *, to: User, by: User) -> ReconciliationItem:
    """`to` is who sees to it: oneself, or a colleague."""
    row = _locked(item)
    if row.state == "resolved":
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    row.owner = to
    row.save(update_fields=["owner"])
    _tell("reconciliation.assigned", row, by, owner=to.pk)
    return row


@transaction.atomic
def match_by_hand(item: ReconciliationItem, *, reference: str, reason: str, by: User) -> ReconciliationItem:
    """The provider's lines of this item belong to the payment with our number `reference`. Nothing is posted."""
    lock_books(item.provider)
    row = _locked(item)
    _move(row, "resolved")
    lines = StatementLine.objects.filter(
        provider=row.provider, group_key=row.group_key, currency=row.currency, state="item"
    )
    target = group_key(row.stated_minor, reference.strip())
    ours = Expectation.objects.filter(provider=row.provider, group_key=target, currency=row.currency).first()
    if ours is None or target == row.group_key or not lines.exists():
        raise InvalidInput(_("No other payment of ours by this wallet has this number."), field="reference")
    row.reason, row.resolution, row.decided_by = _said(reason), "manual", by
    lines.update(group_key=target, attempt=ours.attempt, creditor=ours.creditor, state="open")
    _finish(row, by, matched_to=reference.strip())
    settle_provider(row.provider)
    return row


@transaction.atomic
def accept_fee(item: ReconciliationItem, *, reason: str, by: User) -> ReconciliationItem:
    """The fee is as the statement says; it was posted already."""
    row = _locked(item)
    if row.kind != ReconciliationItem.Kind.FEE:
        raise Conflict(_("Only a difference in fees is accepted like this."))
    _move(row, "resolved")
    row.reason, row.resolution, row.decided_by = _said(reason), "manual", by
    _finish(row, by)
    return row


@transaction.atomic
def propose_force(
    item: ReconciliationItem,
    *,
    destination: str,
    reason: str,
    by: User,
    creditor: Creditor | None = None,
    account: Account | None = None,
) -> ReconciliationItem:
    """The provider's books are right: post the difference there. Waits for a second person."""
    row = _locked(item)
    if row.kind == ReconciliationItem.Kind.FEE or destination not in ReconciliationItem.Destination.values:
        raise Conflict(_("This cannot be posted like that."))
    _check_destination(row, destination, account)
    if destination not in TO_PEOPLE:
        row.creditor = row.creditor or creditor
        if row.creditor is None:
            raise InvalidInput(_("Say whose money it is: nobody knows this payment."), field="creditor")
    _move(row, "proposed")
    row.account = account if destination == Destination.ACCOUNT else None
    row.destination, row.reason, row.proposed_by = destination, _said(reason), by
    row.save()
    _tell("reconciliation.proposed", row, by, reason=row.reason)
    return row


def _check_destination(row: ReconciliationItem, destination: str, account: Account | None) -> None:
    if destination in TO_PEOPLE and row.difference.minor <= 0:
        raise InvalidInput(
            _("There is no money here to give: our books have more than the statement."), field="destination"
        )
    if destination != Destination.ACCOUNT:
        return
    if account is None:
        raise InvalidInput(_("Enter the number of the account it belongs to."), field="account")
    if account.currency != row.currency or row.creditor_id not in (None, account.creditor_id):
        raise InvalidInput(_("This account is in another currency or of another creditor."), field="account")


@transaction.atomic
def put_back_force(item: ReconciliationItem, *, reason: str, by: User) -> ReconciliationItem:
    row = _locked(item)
    if row.state != "proposed":
        raise Conflict(_("There is nothing to put back any more. Reload the page and look at it again."))
    _move(row, "open")
    said = _said(reason)
    row.destination, row.account, row.reason, row.proposed_by = "", None, "", None
    row.save()
    _tell("reconciliation.put_back", row, by, reason=said)
    return row


@transaction.atomic
def confirm_force(item: ReconciliationItem, *, by: User) -> ReconciliationItem:
    """Post the difference out of (or into) the wallet's clearing. Raises `Conflict` for who proposed it."""
    lock_books(item.provider)
    row = _locked(item)
    if row.state != "proposed":
        raise Conflict(_("There is no proposal to confirm any more. Reload the page and look at it again."))
    if row.proposed_by_id == by.pk:
        raise Conflict(_("Money moves here, so somebody else than you has to confirm it."))
    _move(row, "resolved")
    row.resolution, row.decided_by, row.entry = "force", by, post_difference(row, by=by)
    group = {"provider": row.provider, "group_key": row.group_key, "currency": row.currency}
    StatementLine.objects.filter(**group, state="item").update(state="matched", creditor=row.creditor)
    Expectation.objects.filter(**group, state="item").update(state="matched")
    _finish(row, by, entry=row.entry.pk)
    return row


def _locked(item: ReconciliationItem) -> ReconciliationItem:
    rows = ReconciliationItem.objects.select_related("provider").select_for_update(of=("self",))
    return rows.get(pk=item.pk)


def _move(row: ReconciliationItem, after: str) -> None:
    if not ITEM_STATES.allows(row.state, after):
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    row.state = after


def _finish(row: ReconciliationItem, by: User, **data: Any) -> None:
    row.resolved_at = now()
    row.save()
    _tell("reconciliation.resolved", row, by, reason=row.reason, **data)


def _tell(kind: str, row: ReconciliationItem, by: User, **data: Any) -> None:
    record_event(kind, creditor=row.creditor, actor=by, source="user", **facts(row), **data)


def _said(reason: str) -> str:
    words = reason.strip()[:200]
    if len(words) < SHORTEST_REASON:
        raise InvalidInput(_("Say why, so that others can follow it."), field="reason")
    return words
