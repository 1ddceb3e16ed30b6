"""Giving money back, by people and by wallets. Callers import from here.

What talks to a provider must be called outside a transaction; it says so by raising when it is not.
"""

from payments.refunds.asking import RefundRefused, approve_refund, reject_refund, request_refund
from payments.refunds.options import Choice, choices_of
from payments.refunds.resolving import ask_about_refund, give_up_refund, record_transfer, see_refund, send_refund_again
from payments.refunds.sending import look_up_due_refunds, send_due_refunds
from payments.refunds.surplus import decide_move, free_surplus, keep_as_credit, request_move

__all__ = [
    "Choice",
    "RefundRefused",
    "approve_refund",
    "ask_about_refund",
    "choices_of",
    "decide_move",
    "free_surplus",
    "give_up_refund",
    "keep_as_credit",
    "look_up_due_refunds",
    "record_transfer",
    "reject_refund",
    "request_move",
    "request_refund",
    "see_refund",
    "send_due_refunds",
    "send_refund_again",
]
