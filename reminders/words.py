"""Channels, purposes and states of messages as people say them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compliance.words import purpose_words

__all__ = ["CHANNEL_NAMES", "LEFT_OUT", "MESSAGE_WORDS", "purpose_words"]

CHANNEL_NAMES: dict[str, Promise] = {
    "email": _("E-mail"),
    "sms": _("Text message"),
    "in_app": _("In the app"),
    "whatsapp": _("WhatsApp"),
    "push": _("Notification on the phone"),
    "voice": _("Call"),
    "letter": _("Letter"),
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
    "not_covered": _("where no signed-off policy pack is in force"),
    "often_enough": _("contacted as often as the rules permit"),
    "below_minimum": _("too small for this step"),
    "above_maximum": _("too large for this step"),
    "other_product": _("another kind of debt than this step is for"),
    "other_segment": _("another segment than this step is for"),
    "other_language": _("another language than this step is for"),
    "not_reachable": _("not to be reached the way this step needs"),
    "waits_for_previous": _("the reminder before is too recent, or was not sent"),
    "no_way": _("no way left that works and was not refused"),
    "under_way": _("another reminder is under way"),
    "already_sent": _("this reminder was sent already"),
    "opted_out": _("asked us to stop"),
}
