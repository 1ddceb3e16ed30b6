"""Promises to pay: taken under limits, matched to money by the ledger, deferring all else until they are over."""

from payments.promises.judging import judge, judge_due
from payments.promises.standing import Part
from payments.promises.taking import amend_promise, take_promise, withdraw_promise

__all__ = ["Part", "amend_promise", "judge", "judge_due", "take_promise", "withdraw_promise"]
