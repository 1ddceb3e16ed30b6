"""Payments to an address on a public chain: what was quoted is put on record, what is odd becomes a person's work."""

from __future__ import annotations

from accounts.events import record_event
from payments.deposits.recording import remember_address
from payments.models import Attempt, ProviderEvent
from wallets.providers.base import PaymentResult
from wallets.providers.deposits import DepositIssue, Quote


def keep_quote(attempt: Attempt, quote: Quote) -> None:
    """The exact terms the payer was given. The record is append-only, so they outlive the page."""
    remember_address(attempt, quote)
    record_event(
        "payment.quoted",
        account=attempt.payment.account,
        payment=attempt.payment.reference,
        attempt=attempt.pk,
        asked_minor=quote.asked.minor,
        currency=quote.asked.currency,
        to_send=str(quote.to_send),
        rate=quote.rate,
        rate_source=quote.source,
        rate_at=quote.rate_at.isoformat(),
        expires_at=quote.expires_at.isoformat(),
        network=quote.network,
        token=quote.token,
        address=quote.address,
        path=quote.path,
    )


def new_issues(attempt: Attempt, result: PaymentResult) -> list[str]:
    """Opens one item for each issue that is new, and names their problems. The caller holds the attempt's locks."""
    return [issue.problem.value for issue in result.issues if _opened(attempt, issue)]


def _opened(attempt: Attempt, issue: DepositIssue) -> bool:
    _row, is_new = ProviderEvent.objects.get_or_create(
        provider=attempt.provider,
        dedupe_key=f"{attempt.merchant_reference}:{issue.dedupe_key}"[:160],
        defaults={
            "kind": "deposit",
            "merchant_reference": attempt.merchant_reference,
            "facts": {"deposits": [one.key for one in issue.deposits], "amount": str(issue.amount or "")},
            "outcome": "needs_person",
            "reason": issue.problem.value,
        },
    )
    return is_new
