"""Reconciling the ledger with the providers' statements."""

from payments.reconciliation.deciding import (
    accept_fee,
    assign_item,
    confirm_force,
    match_by_hand,
    propose_force,
    put_back_force,
)
from payments.reconciliation.fees import reverse_fees
from payments.reconciliation.running import reconcile_day, reconcile_due

__all__ = [
    "accept_fee",
    "assign_item",
    "confirm_force",
    "match_by_hand",
    "propose_force",
    "put_back_force",
    "reconcile_day",
    "reconcile_due",
    "reverse_fees",
]
