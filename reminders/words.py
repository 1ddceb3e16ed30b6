"""Channels, purposes and states of messages as people say them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHANNEL_NAMES: dict[str, Promise] = {
    "email": _("E-mail"),
    "sms": _("Text message"),
    "in_app": _("In the app"),
    "whatsapp": _("WhatsApp"),
    "push": _("Notification on the phone"),
    "voice": _("Call"),
    "letter": _("Letter"),
}
PURPOSES: dict[str, Promise] = {
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
    "agreement_copy": _("Copy of the agreement"),
    "payment_reversed": _("Payment taken back"),
    "refund_sent": _("Refund on its way"),
    "refund_done": _("Money given back"),
    "end_in_wallet": _("End the agreement in the wallet"),
    "debit_failed": _("A debit failed, and is tried again"),
    "debit_stopped": _("A debit failed, and is not tried again"),
    "opt_out_confirmation": _("Opt-out confirmed"),
    "assistant_answer": _("Answer of the assistant"),
    "agent_reply": _("Our answer"),
}
MESSAGE_WORDS: dict[str, Promise] = {
    "due": _("waiting"),
    "sending": _("being sent"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "failed": _("failed"),
    "bounced": _("bounced"),
    "blocked": _("not sent"),
    "cancelled": _("cancelled"),
}
LEFT_OUT: dict[str, Promise] = {
    "nothing_owed": _("nothing is owed any more"),
    "quiet": _("left in peace for now"),
    "hold": _("on hold"),
    "below_minimum": _("too small for this step"),
    "above_maximum": _("too large for this step"),
    "other_product": _("another kind of debt than this step is for"),
    "other_language": _("another language than this step is for"),
    "not_reachable": _("not to be reached the way this step needs"),
    "waits_for_previous": _("the reminder before is too recent, or was not sent"),
    "no_way": _("no way left that works and was not refused"),
    "under_way": _("another reminder is under way"),
    "already_sent": _("this reminder was sent already"),
    "opted_out": _("asked us to stop"),
}


def purpose_words(purpose: str) -> str:
    return str(PURPOSES.get(purpose, purpose.replace("_", " ")))
