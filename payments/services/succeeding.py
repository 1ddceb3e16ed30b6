"""Payments that succeeded: the whole of what a success means, for one of them or for a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.events import new_event, record_event, record_events
from accounts.models import Account, Event
from common.bulk import update_rows
from common.clock import now
from payments.models import Attempt, JournalEntry
from payments.services import settling
from payments.services.books import Books, open_books
from payments.services.ending import FINISHED, mark_finished
from wallets.models import Provider
from wallets.providers.base import PaymentResult
from wallets.services import link_method, mark_used


@dataclass(frozen=True)
class Success:
    """An attempt, locked with its chain, and the answer that it succeeded; amount and reference were compared."""

    attempt: Attempt
    result: PaymentResult
    account: Account


def settle_successes(found: Sequence[Success], *, source: str) -> None:
    """Post them, lower the debts, credit the instalments, end what is over and tell everybody. One for each account.

    A batch takes as many statements as one does, but for agreements and queued debits that end with a debt.
    """
    moment = now()
    late = {success.attempt.pk for success in found if success.attempt.payment.state != "open"}
    for success in found:
        mark_finished(success.attempt, "succeeded", at=moment)
    update_rows([success.attempt for success in found], *FINISHED)
    books = open_books(success.account for success in found)
    paid_at = [success.result.paid_at or moment for success in found]
    posted = _post(found, paid_at, books)
    settling.credit_all(
        [
            settling.Credit(success.account, applied, success.attempt.payment.instalment_id)
            for success, (_entry, applied) in zip(found, posted, strict=True)
        ],
        books,
    )
    settling.update_accounts(list(zip((success.account for success in found), paid_at, strict=True)))
    _remember_wallets(found)
    _finish_payments(found, [entry for entry, _applied in posted], at=moment)
    told = zip(found, posted, strict=True)
    record_events([success_event(one.attempt, entry_id=entry.pk, source=source) for one, (entry, _applied) in told])
    for success, (_entry, applied) in zip(found, posted, strict=True):
        if success.attempt.pk in late or not applied:
            _doubt(success.attempt, source)
    settling.announce(*(success.attempt.payment for success in found))


def _post(found: Sequence[Success], paid_at: Sequence[datetime], books: Books) -> list[tuple[JournalEntry, int]]:
    return settling.post_arrived(
        [
            settling.Arrived(
                account=success.account,
                amount=success.attempt.amount,
                key=f"attempt:{success.attempt.pk}",
                provider_key=success.attempt.provider.key,
                effective_at=moment,
                data={"attempt": success.attempt.pk, "payment": success.attempt.payment.reference},
            )
            for success, moment in zip(found, paid_at, strict=True)
        ],
        books,
    )


def _remember_wallets(found: Sequence[Success]) -> None:
    """What payers agreed to have kept, and which wallet to offer first next time."""
    used: dict[Provider, list[Account]] = defaultdict(list)
    for success in found:
        attempt, saved = success.attempt, success.result.saved
        if attempt.save_method and saved and saved.mandate_ref:
            link_method(success.account, attempt.provider, token=saved.mandate_ref, origin="payment", hint=saved.hint)
        used[attempt.provider].append(success.account)
    for provider, accounts in sorted(used.items(), key=lambda one: one[0].pk):
        mark_used(provider, *accounts)


def _finish_payments(found: Sequence[Success], entries: Sequence[JournalEntry], *, at: datetime) -> None:
    for success, entry in zip(found, entries, strict=True):
        payment = success.attempt.payment
        payment.state, payment.finished_at = "succeeded", payment.finished_at or at
        payment.entry_id = payment.entry_id or entry.pk
    update_rows([success.attempt.payment for success in found], "state", "entry", "finished_at")


def _doubt(attempt: Attempt, source: str) -> None:
    """Money that nobody waited for any more has arrived all the same, and a person looks at it."""
    attempt.needs_person, attempt.reason = True, "late_success"
    attempt.save(update_fields=["needs_person", "reason"])
    tell_a_person(attempt, "late_success", source)


def success_event(attempt: Attempt, *, entry_id: int, source: str) -> Event:
    payment = attempt.payment
    account = payment.account
    return new_event(
        "payment.succeeded",
        account=account,
        source=source,
        payment=payment.reference,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        provider=attempt.provider.key,
        by=payment.source,
        entry=entry_id,
        balance_minor=account.balance_minor,
    )


def tell_success(attempt: Attempt, *, entry_id: int, source: str) -> None:
    record_events([success_event(attempt, entry_id=entry_id, source=source)])


def tell_a_person(attempt: Attempt, reason: str, source: str) -> None:
    payment = attempt.payment
    record_event(
        "payment.needs_person",
        account=payment.account,
        source=source,
        payment=payment.reference,
        attempt=attempt.pk,
        reason=reason,
    )
