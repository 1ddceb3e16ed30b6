"""The ledger's public doors."""

from payments.ledger.batches import Line, NewEntry, Posted, post_entries
from payments.ledger.chart import ledger_account
from payments.ledger.entries import post_entry, reverse_entry
from payments.ledger.forgiving import post_settlement_discount, post_write_off

__all__ = [
    "Line",
    "NewEntry",
    "Posted",
    "ledger_account",
    "post_entries",
    "post_entry",
    "post_settlement_discount",
    "post_write_off",
    "reverse_entry",
]
