"""Holds as the gate's reasons name them, inside a sentence; and what a message is for."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOLD_WORDS: dict[str, Promise] = {
    "dispute": _("dispute"),
    "hardship": _("hardship"),
    "breathing_space": _("breathing space"),
    "bankruptcy": _("bankruptcy"),
    "deceased": _("deceased"),
    "cease": _("no contact"),
    "represented": _("representation"),
    "vulnerable": _("vulnerability"),
    "complaint": _("complaint"),
}


def hold_words(kind: str) -> str:
    return str(HOLD_WORDS.get(kind, kind.replace("_", " ")))


PURPOSE_WORDS: dict[str, Promise] = {
    "due_soon": _("Soon due"),
    "overdue_friendly": _("Friendly reminder"),
    "overdue_firm": _("Firm reminder"),
    "overdue_last": _("Last reminder"),
    "pre_debit": _("Notice of a debit"),
    "pre_debit_notice": _("Notice of a debit"),
    "receipt": _("Receipt"),
    "debit_receipt": _("Receipt of a debit"),
    "payment_link": _("Payment link"),
    "plan_confirmed": _("Plan confirmed"),
    "promise_reminder": _("Reminder of a promise"),
    "agreement_copy": _("Copy of the agreement"),
    "payment_reversed": _("Payment taken back"),
    "payment_misplaced": _("Payment was not for this account"),
    "refund_sent": _("Refund on its way"),
    "refund_done": _("Money given back"),
    "end_in_wallet": _("End the agreement in the wallet"),
    "debit_failed": _("A debit failed, and is tried again"),
    "debit_stopped": _("A debit failed, and is not tried again"),
    "opt_out_confirmation": _("Opt-out confirmed"),
    "assistant_answer": _("Answer of the assistant"),
    "agent_reply": _("Our answer"),
    "complaint_received": _("Complaint received"),
    "complaint_answer": _("Answer to a complaint"),
    "dispute_received": _("Dispute received"),
    "dispute_question": _("Question about a dispute"),
    "dispute_response": _("Answer to a dispute"),
    "validation_notice": _("Validation notice"),
}
# A decision keeps the first sixteen letters of what was asked.
_KEPT = 16
_BY_KEPT = {purpose[:_KEPT]: words for purpose, words in PURPOSE_WORDS.items()}


def purpose_words(purpose: str) -> str:
    return str(PURPOSE_WORDS.get(purpose) or _BY_KEPT.get(purpose) or purpose.replace("_", " "))
