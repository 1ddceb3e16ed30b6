"""The one way a deposit's state changes: by the table, with an event. The caller holds the attempt's locks."""

from __future__ import annotations

from typing import Any

from accounts.events import record_event
from accounts.models import User
from payments.models import Deposit
from payments.models.deposits import DEPOSIT_STATES


def move(deposit: Deposit, state: str, *, source: str = "system", by: User | None = None, **data: Any) -> None:
    """Saves the whole row."""
    DEPOSIT_STATES.check(deposit.state, state)
    before, deposit.state = deposit.state, state
    deposit.save()
    tell(deposit, before=before, source=source, by=by, **data)


def tell(deposit: Deposit, *, before: str, source: str, by: User | None = None, **data: Any) -> None:
    attempt = deposit.address.attempt
    record_event(
        f"deposit.{deposit.state}",
        account=attempt.payment.account,
        actor=by,
        source="user" if by else source,
        deposit=deposit.reference,
        payment=attempt.payment.reference,
        before=before,
        network=deposit.network,
        transaction=deposit.transaction,
        asset=deposit.asset,
        units=str(deposit.units),
        reason=deposit.problem,
        amount_minor=deposit.worth_minor,
        currency=attempt.currency,
        **data,
    )
