"""The ledger's public doors."""

from payments.ledger.chart import ledger_account
from payments.ledger.entries import Line, post_entry, reverse_entry

__all__ = ["Line", "ledger_account", "post_entry", "reverse_entry"]
