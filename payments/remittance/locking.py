"""The one lock of remittances: the creditor's row, so that nobody drafts or decides beside somebody else."""

from __future__ import annotations

from accounts.models import Creditor
from payments.models import Remittance


def lock_creditor(creditor_id: int) -> Creditor:
    """Rows that refer to the creditor can still be written meanwhile: money goes on arriving."""
    return Creditor.objects.select_for_update(no_key=True).get(pk=creditor_id)


def last_standing(creditor_id: int, currency: str) -> Remittance | None:
    rows = Remittance.objects.filter(creditor_id=creditor_id, currency=currency).exclude(state="cancelled")
    return rows.order_by("-last_day").first()


def lock_remittance(remittance: Remittance) -> Remittance:
    lock_creditor(remittance.creditor_id)
    return Remittance.objects.select_related("creditor").select_for_update(of=("self",)).get(pk=remittance.pk)
