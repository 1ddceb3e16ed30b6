"""Agreed automatic debits: noticed in time, made once, never against a hold."""

from payments.debits.noticing import notice_due_debits
from payments.debits.running import DebitRun, debit_due_instalments

__all__ = ["DebitRun", "debit_due_instalments", "notice_due_debits"]
