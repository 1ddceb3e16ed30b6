"""How each kind of event is told on a timeline: its group, icon, tone and title."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class EventWords:
    group: str
    icon: str
    tone: str
    title: Promise | str


GROUPS: dict[str, Promise] = {
    "contacts": _("Contacts"),
    "payments": _("Payments"),
    "decisions": _("Decisions"),
    "notes": _("Notes"),
    "system": _("System"),
}
WORDS: dict[str, EventWords] = {
    "account.placed": EventWords("system", "inbox", "brand", _("Placed with us")),
    "account.updated": EventWords("system", "arrow-repeat", "quiet", _("Updated by the creditor")),
    "account.status_changed": EventWords("decisions", "flag", "info", _("Status changed")),
    "account.assigned": EventWords("system", "person-check", "quiet", _("Assigned")),
    "work.finished": EventWords("system", "check-circle", "quiet", _("Worked on, done for now")),
    "note.added": EventWords("notes", "pencil", "brand", _("Note")),
    "identity.confirmed": EventWords("contacts", "person-check", "good", _("Answered the question about themselves")),
    "hold.placed": EventWords("decisions", "pause-circle", "warn", _("Hold placed")),
    "hold.ended": EventWords("decisions", "play-circle", "good", _("Hold ended")),
    "consent.granted": EventWords("decisions", "check-circle", "good", _("Agreed to be contacted")),
    "consent.withdrawn": EventWords("decisions", "bell-slash", "warn", _("Asked us to stop")),
    "personal_data.seen": EventWords("system", "eye", "quiet", _("Contact details looked at")),
    "message.sent": EventWords("contacts", "send", "info", _("Message sent")),
    "message.delivered": EventWords("contacts", "check-circle", "good", _("Message delivered")),
    "message.failed": EventWords("contacts", "x-circle", "bad", _("Message failed")),
    "message.bounced": EventWords("contacts", "exclamation-triangle", "bad", _("Message bounced")),
    "message.blocked": EventWords("decisions", "shield-check", "warn", _("Message not sent")),
    "message.cancelled": EventWords("system", "x-circle", "quiet", _("Message cancelled")),
    "call.queued": EventWords("contacts", "telephone", "quiet", _("Call planned")),
    "call.started": EventWords("contacts", "telephone-outbound", "info", _("Called")),
    "call.put_back": EventWords("contacts", "telephone-x", "quiet", _("Not called after all")),
    "call.ended": EventWords("contacts", "telephone", "info", _("Call ended")),
    "letter.posted": EventWords("contacts", "envelope", "info", _("Letter posted")),
    "letter.returned": EventWords("contacts", "exclamation-triangle", "bad", _("Letter came back")),
    "letters.batched": EventWords("system", "printer", "quiet", _("Letters printed")),
    "contact.wrong_person": EventWords("contacts", "telephone-x", "warn", _("The number belongs to somebody else")),
    "promise.heard": EventWords("contacts", "calendar-check", "good", _("Promised to pay")),
    "notice.recorded": EventWords("decisions", "file-earmark-text", "info", _("Notice by others recorded")),
    "notice.confirmed": EventWords("decisions", "check-circle", "good", _("Notice by others confirmed")),
    "notice.taken_back": EventWords("decisions", "arrow-counterclockwise", "warn", _("Notice by others taken back")),
    "reply.written": EventWords("contacts", "chat-left-text", "info", _("We answered")),
    "conversation.closed": EventWords("contacts", "check-circle", "quiet", _("Conversation closed")),
    "complaint.opened": EventWords("decisions", "flag", "warn", _("Complained about us")),
    "complaint.more": EventWords("contacts", "flag", "warn", _("Wrote more about a complaint")),
    "complaint.assigned": EventWords("system", "person-check", "quiet", _("Complaint assigned")),
    "complaint.answered": EventWords("decisions", "check-circle", "good", _("Complaint answered")),
    "complaint.withdrawn": EventWords("decisions", "x-circle", "quiet", _("Complaint withdrawn")),
    "complaint.opened_again": EventWords("decisions", "arrow-counterclockwise", "warn", _("Complaint opened again")),
    "hardship.told": EventWords("decisions", "life-preserver", "warn", _("Told us about hard times")),
    "hardship.chosen": EventWords("decisions", "chat-dots", "info", _("Said what would help")),
    "hardship.assigned": EventWords("system", "person-check", "quiet", _("Hard times: assigned")),
    "hardship.granted": EventWords("decisions", "check-circle", "good", _("Hard times: help granted")),
    "hardship.refused": EventWords("decisions", "x-circle", "warn", _("Hard times: help refused")),
    "hardship.ended": EventWords("decisions", "check-circle", "quiet", _("Hard times: reviewed and over")),
    "hardship.forgotten": EventWords("system", "x-circle", "quiet", _("Household figures deleted")),
    "office_hours.set": EventWords("system", "clock", "quiet", _("Office hours set")),
    "draft.asked": EventWords("system", "pencil", "quiet", _("A draft was asked of the writing service")),
    "feedback.given": EventWords("contacts", "chat-left-text", "brand", _("Told us how it was")),
    "message.received": EventWords("contacts", "chat-dots", "brand", _("Wrote to us")),
    "link.created": EventWords("contacts", "link-45deg", "info", _("Payment link made")),
    "link.opened": EventWords("contacts", "eye", "brand", _("Payment link opened")),
    "link.revoked": EventWords("system", "link-45deg", "quiet", _("Payment link withdrawn")),
    "payment.started": EventWords("payments", "wallet2", "info", _("Payment started")),
    "payment.succeeded": EventWords("payments", "cash-coin", "good", _("Payment received")),
    "payment.failed": EventWords("payments", "x-circle", "bad", _("Payment failed")),
    "payment.reversed": EventWords("payments", "arrow-counterclockwise", "bad", _("Payment taken back")),
    "payment.cancelled": EventWords("payments", "x-circle", "quiet", _("Payment not finished")),
    "payment.sent_again": EventWords("decisions", "arrow-repeat", "info", _("Debit sent again under its own number")),
    "payment.given_up": EventWords("decisions", "x-circle", "warn", _("Payment given up")),
    "payment.reviewed": EventWords("decisions", "check-circle", "good", _("Payment looked at")),
    "payment.needs_person": EventWords("payments", "question-circle", "warn", _("A payment needs a person")),
    "debit.noticed": EventWords("payments", "bell", "info", _("Debit announced")),
    "debit.refused": EventWords("payments", "pause-circle", "warn", _("Debit held back")),
    "instalment.retry_planned": EventWords("payments", "arrow-repeat", "info", _("Debit is tried again")),
    "instalment.retry_moved": EventWords("payments", "calendar-event", "brand", _("Chose another day for the debit")),
    "instalment.missed": EventWords("payments", "calendar-event", "bad", _("Instalment missed")),
    "mandate.proposed": EventWords("payments", "file-earmark-text", "info", _("Debit agreement offered")),
    "mandate.signed": EventWords("payments", "patch-check", "good", _("Debit agreement signed")),
    "mandate.revoked": EventWords("payments", "x-octagon", "warn", _("Debit agreement ended")),
    "mandate.end_in_wallet": EventWords(
        "payments", "phone", "warn", _("Only the payer can end the standing order, in the wallet")
    ),
    "mandate.end_failed": EventWords(
        "payments", "exclamation-triangle", "bad", _("The wallet has not confirmed the end of the agreement")
    ),
    "mandate.ending_seen": EventWords(
        "decisions", "check-circle", "good", _("Seen to it that the wallet takes nothing more")
    ),
    "mandate.paused": EventWords("payments", "pause-circle", "warn", _("Automatic payments paused")),
    "mandate.resumed": EventWords("payments", "play-circle", "good", _("Automatic payments go on")),
    "mandate.expired": EventWords("payments", "calendar-event", "warn", _("Debit agreement ran out")),
    "debit.called_off": EventWords("payments", "x-circle", "info", _("Announced debit called off")),
    "debit.notice_failed": EventWords("payments", "exclamation-triangle", "warn", _("A debit could not be announced")),
    "wallet.linked": EventWords("payments", "wallet2", "good", _("Wallet linked")),
    "wallet.renamed": EventWords("system", "pencil", "quiet", _("Wallet renamed")),
    "wallet.removed": EventWords("payments", "wallet2", "warn", _("Wallet removed")),
    "plan.mandate_added": EventWords("payments", "calendar-check", "good", _("Plan is now paid automatically")),
    "balance.recalculated": EventWords("payments", "arrow-repeat", "info", _("Balance worked out again")),
    "correction.requested": EventWords("decisions", "file-earmark-text", "info", _("Correction asked for")),
    "correction.recorded": EventWords("decisions", "check-circle", "good", _("Correction recorded")),
    "correction.rejected": EventWords("decisions", "x-circle", "quiet", _("Correction turned down")),
    "debtor.updated": EventWords("decisions", "pencil", "quiet", _("Preferences changed")),
    "wallet.detached": EventWords("payments", "wallet2", "quiet", _("Removed wallet forgotten by its provider")),
    "wallet.detach_failed": EventWords(
        "payments", "exclamation-triangle", "warn", _("The provider has not forgotten a removed wallet")
    ),
    "notice.reviewed": EventWords("decisions", "check-circle", "good", _("A wallet's notice looked at")),
    "provider.notices_refused": EventWords("system", "shield-check", "bad", _("Many notices of a wallet refused")),
    "payment.quoted": EventWords("payments", "currency-exchange", "info", _("Exchange rate quoted")),
    "deposit.seen": EventWords("payments", "currency-exchange", "info", _("Coins are on their way")),
    "deposit.counted": EventWords("payments", "check-circle", "good", _("Coins are part of the payment")),
    "deposit.withdrawn": EventWords("payments", "arrow-counterclockwise", "warn", _("Coins withdrawn before final")),
    "deposit.held": EventWords("payments", "question-circle", "warn", _("Coins need a decision")),
    "deposit.proposed": EventWords("decisions", "file-earmark-text", "info", _("Decision about coins proposed")),
    "deposit.credited": EventWords("decisions", "cash-coin", "good", _("Coins credited")),
    "deposit.to_return": EventWords("decisions", "arrow-counterclockwise", "info", _("Coins are to be sent back")),
    "deposit.returned": EventWords("payments", "arrow-counterclockwise", "info", _("Coins sent back")),
    "deposit.left": EventWords("decisions", "check-circle", "quiet", _("Coins left where they are")),
    "deposit.gone": EventWords("payments", "exclamation-triangle", "bad", _("The chain took coins back")),
    "deposit.lost": EventWords("decisions", "eye", "quiet", _("Loss of coins seen")),
    "remittance.terms_set": EventWords("decisions", "file-earmark-text", "info", _("Commission agreed")),
    "remittance.drafted": EventWords("payments", "file-earmark-text", "quiet", _("Remittance drafted")),
    "remittance.approved": EventWords("decisions", "check-circle", "info", _("Remittance approved")),
    "remittance.carried": EventWords("decisions", "check-circle", "info", _("Remittance carried forward")),
    "remittance.paid": EventWords("payments", "cash-coin", "good", _("Remittance paid to the creditor")),
    "remittance.cancelled": EventWords("decisions", "x-circle", "warn", _("Remittance cancelled")),
    "reconciliation.opened": EventWords("payments", "question-circle", "warn", _("A wallet's statement differs")),
    "reconciliation.assigned": EventWords("decisions", "person-check", "quiet", _("Somebody sees to the difference")),
    "reconciliation.proposed": EventWords("decisions", "file-earmark-text", "info", _("Posting a difference proposed")),
    "reconciliation.put_back": EventWords("decisions", "x-circle", "warn", _("Posting a difference refused")),
    "reconciliation.resolved": EventWords("payments", "check-circle", "good", _("Difference settled")),
    "trust.recorded": EventWords("decisions", "file-earmark-text", "info", _("A wallet's pay-out recorded")),
    "trust.confirmed": EventWords("payments", "bank", "good", _("A wallet's pay-out is on the trust account")),
    "trust.rejected": EventWords("decisions", "x-circle", "quiet", _("A recorded pay-out put aside")),
    "trust.returned": EventWords("decisions", "arrow-counterclockwise", "warn", _("A wallet's pay-out taken back")),
    "plan.activated": EventWords("payments", "calendar-check", "good", _("Repayment plan agreed")),
    "plan.cancelled": EventWords("payments", "x-circle", "warn", _("Repayment plan cancelled")),
    "plan.completed": EventWords("payments", "check-circle", "good", _("Repayment plan completed")),
}
CHANNEL_WORDS: dict[str, Promise] = {
    "email": _("by e-mail"),
    "sms": _("by text message"),
    "in_app": _("in the app"),
    "whatsapp": _("by WhatsApp"),
    "push": _("by notification on the phone"),
    "voice": _("by phone"),
    "letter": _("by letter"),
}


def words_of(kind: str) -> EventWords:
    """An unknown kind is still shown, by its own name: a timeline hides nothing."""
    return WORDS.get(kind) or EventWords("system", "info-circle", "quiet", kind.replace("_", " ").replace(".", ": "))


def kinds_of(group: str) -> list[str]:
    return [kind for kind, words in WORDS.items() if words.group == group]
