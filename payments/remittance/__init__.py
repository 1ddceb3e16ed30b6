"""Remittance: what creditors are due of the money collected for them, period by period."""

from payments.remittance.deciding import approve, cancel, mark_paid
from payments.remittance.drafting import draft_due, draft_next
from payments.remittance.terms import set_terms

__all__ = ["approve", "cancel", "draft_due", "draft_next", "mark_paid", "set_terms"]
