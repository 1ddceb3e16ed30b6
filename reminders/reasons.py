"""Why a message was not sent, or is sent later, in the reader's language. Rows keep codes, or English sentences."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from common.rewording import Rewording
from compliance.wording import GATE_REASONS

STORED = (
    gettext_noop("A payment arrived."),
    gettext_noop("A payment was taken back."),
    gettext_noop("The account is not collected any more."),
    gettext_noop("The person promised to pay."),
    gettext_noop("The debit agreement was paused or ended."),
    gettext_noop("The due date has changed since this was planned."),
    gettext_noop("Nobody got to this call in time."),
    gettext_noop("The person asked us to stop."),
    gettext_noop("The person wrote to us: somebody reads it first."),
    gettext_noop("The provider never received it."),
    gettext_noop("It waited too long for its turn and is looked at again."),
    gettext_noop("The worker stopped before it was written."),
    gettext_noop("This debit was called off."),
    gettext_noop("What happens next with this debit has changed."),
    gettext_noop("The promise is over or was changed."),
    gettext_noop("The promised day is over."),
    gettext_noop("What was promised has come."),
    gettext_noop("The account is to be left in peace for another reason."),
    gettext_noop("This was switched off by an administrator."),
)
# Channels' answers, and what could not be written. After a code and ": " a row may hold the detail, in English.
CODES: dict[str, Promise] = {
    "account_suspended": _("Our account at the provider is suspended"),
    "blocked_by_recipient": _("Blocked by the recipient or their carrier"),
    "bounced": _("Bounced"),
    "cancelled": _("Cancelled at the provider"),
    "complained": _("Marked as spam by the recipient"),
    "complaint": _("Marked as spam by the recipient"),
    "content_refused": _("The provider refused the text"),
    "credentials": _("The provider does not accept our credentials"),
    "failed": _("Not delivered"),
    "fate_unknown": _("Nobody could say whether it arrived, so it was not sent again"),
    "filtered": _("Filtered by the carrier"),
    "fraud_protection": _("Stopped by the provider's fraud protection"),
    "invalid_number": _("Not a valid phone number"),
    "invalid_request": _("The provider could not read our request"),
    "mailbox_disabled": _("The mailbox is switched off"),
    "mailbox_full": _("The mailbox is full"),
    "missing_fact": _("A value this message needs is not known"),
    "no_such_mailbox": _("There is no such mailbox"),
    "never_written": _("It could not be written"),
    "not_configured": _("The channel is not set up"),
    "address_incomplete": _("The address is not complete enough for a letter"),
    "letter_returned": _("The letter came back"),
    "not_on_whatsapp": _("This number has no WhatsApp"),
    "blocked_by_provider": _("The provider keeps it back"),
    "outside_conversation": _("WhatsApp takes free words only within a day of the person's own message"),
    "statement_not_drawn": _("The statement to attach could not be drawn"),
    "subscription_gone": _("Notifications are switched off in the browser"),
    "opted_out": _("The person opted out at the provider"),
    "plan_over": _("The plan ended before this could be sent"),
    "provider_down": _("The provider could not be reached"),
    "provider_timeout": _("The provider did not answer in time"),
    "rate_limited": _("The provider takes no more for the moment"),
    "region_not_permitted": _("The provider may not send to this country"),
    "rejected": _("Refused by the recipient's server"),
    "sender_not_registered": _("Our sender is not registered there"),
    "sender_refused": _("The recipient's server refuses our sender"),
    "undelivered": _("Not delivered"),
    "unknown_text": _("There is no text for this message and channel"),
    "unmapped": _("Refused for a reason we do not know"),
    "unreachable_by_sms": _("This number cannot receive text messages"),
    "unreachable_handset": _("The phone is off or out of reach"),
    "unusable_template": _("The template has a mistake"),
    "use_policy": _("The provider does not carry collection messages there"),
}
_SENTENCES = Rewording(STORED)


def reason_words(reason: str) -> str:
    """What nobody has words for stays as it was stored."""
    return known_words(reason) or reason


def known_words(reason: str) -> str:
    code = reason.partition(": ")[0]
    if code in CODES:
        return str(CODES[code])
    return _SENTENCES.tell(reason) or GATE_REASONS.tell(reason)
