"""Transfers that came to our own bank account. Callers import from here.

One person writes down what the bank's statement shows or asks for a change, another confirms it, and only then is
anything posted.
"""

from payments.transfers.deciding import (
    ask_step,
    assign_transfer,
    decide_step,
    note_kept,
    note_sent,
    record_received,
)

__all__ = ["ask_step", "assign_transfer", "decide_step", "note_kept", "note_sent", "record_received"]
