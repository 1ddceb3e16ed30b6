"""Posting entries: balanced, once, and together with the cached balance of the accounts they touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Account
from accounts.models.debts import COMPONENTS
from common.errors import Conflict, InvalidInput
from payments.ledger.chart import ledger_account
from payments.models import JournalEntry, LedgerAccount, Posting

RECEIVABLE = LedgerAccount.Kind.RECEIVABLE.value


@dataclass(frozen=True)
class Line:
    """One posting: positive is a debit. Receivable lines name the account and the component they move."""

    kind: str
    minor: int
    account: Account | None = None
    component: str = ""
    qualifier: str = ""


def _check(lines: Sequence[Line]) -> None:
    if sum(line.minor for line in lines):
        raise InvalidInput("A journal entry must balance.", field="lines")
    if any(line.kind == RECEIVABLE and (not line.account or line.component not in COMPONENTS) for line in lines):
        raise InvalidInput("A receivable line names its account and component.", field="lines")


def _move_balances(lines: Sequence[Line], accounts: dict[int, Account]) -> None:
    """Apply receivable lines to the cached columns. The rows are locked and written in id order."""
    moves: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        if line.kind == RECEIVABLE and line.account:
            moves[line.account.pk][line.component] += line.minor
    for account_id in sorted(moves):
        account = accounts[account_id]
        for component, minor in moves[account_id].items():
            column = f"{component}_minor"
            setattr(account, column, getattr(account, column) + minor)
            account.balance_minor += minor
        account.save(update_fields=["balance_minor", *(f"{component}_minor" for component in COMPONENTS)])


@transaction.atomic
def post_entry(
    kind: str,
    *,
    idempotency_key: str,
    creditor_id: int,
    currency: str,
    effective_at: datetime,
    lines: Sequence[Line],
    reverses: JournalEntry | None = None,
    **data: Any,
) -> tuple[JournalEntry, bool]:
    """Post a balanced entry and move the cached balances with it. Returns (entry, whether it is new).

    Locks the accounts named by the lines, in id order. The same `idempotency_key` again returns the entry that is
    there and changes nothing.
    """
    lines = [line for line in lines if line.minor]
    _check(lines)
    wanted = sorted({line.account.pk for line in lines if line.account})
    locked = {row.pk: row for row in Account.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
    if any(row.currency != currency or row.creditor_id != creditor_id for row in locked.values()):
        raise Conflict("The entry's currency and creditor must be the account's.")
    existing = JournalEntry.objects.filter(idempotency_key=idempotency_key).first()
    if existing:
        return existing, False
    try:
        with transaction.atomic():
            entry = JournalEntry.objects.create(
                kind=kind,
                creditor_id=creditor_id,
                idempotency_key=idempotency_key,
                effective_at=effective_at,
                reverses=reverses,
                data=data,
            )
    except IntegrityError:  # another transaction posted it first
        return JournalEntry.objects.get(idempotency_key=idempotency_key), False
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            ledger_account=ledger_account(
                line.kind, creditor_id=creditor_id, currency=currency, qualifier=line.qualifier
            ),
            account=line.account,
            component=line.component,
            amount_minor=line.minor,
            currency=currency,
        )
        for line in lines
    )
    _move_balances(lines, locked)
    return entry, True


def reverse_entry(entry: JournalEntry, *, effective_at: datetime, **data: Any) -> tuple[JournalEntry, bool]:
    """Undo an entry with its mirror image; the original stays."""
    postings = list(entry.postings.select_related("ledger_account", "account"))
    return post_entry(
        f"{entry.kind}_reversal"[:24],
        idempotency_key=f"reversal:{entry.pk}",
        creditor_id=entry.creditor_id,
        currency=postings[0].currency,
        effective_at=effective_at,
        reverses=entry,
        lines=[
            Line(
                row.ledger_account.kind,
                -row.amount_minor,
                account=row.account,
                component=row.component,
                qualifier=row.ledger_account.qualifier,
            )
            for row in postings
        ],
        **data,
    )
