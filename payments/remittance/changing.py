"""The one way a remittance's state changes: by the table, with an event. The caller holds the creditor's lock."""

from __future__ import annotations

from typing import Any

from accounts.events import record_event
from accounts.models import User
from payments.models import Remittance
from payments.models.remittance import REMITTANCE_STATES


def move(remittance: Remittance, state: str, *, by: User, **data: Any) -> None:
    """Saves the whole row."""
    REMITTANCE_STATES.check(remittance.state, state)
    before, remittance.state = remittance.state, state
    remittance.save()
    tell(remittance, before=before, by=by, **data)


def tell(remittance: Remittance, *, before: str, by: User | None, **data: Any) -> None:
    record_event(
        f"remittance.{'drafted' if remittance.state == 'draft' else remittance.state}",
        creditor=remittance.creditor,
        actor=by,
        source="user" if by else "system",
        remittance=remittance.reference,
        before=before,
        payout_minor=remittance.payout_minor,
        carried_minor=remittance.carried_out_minor,
        commission_minor=remittance.commission_minor,
        currency=remittance.currency,
        **data,
    )
