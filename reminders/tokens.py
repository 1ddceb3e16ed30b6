"""Signed, unguessable addresses that need no login: how to stop messages of one channel."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import NotFound
from reminders.models import Message

_SALT = "reminders.opt-out"


class OptOutLinkUnknown(NotFound):
    code = "opt_out_link_unknown"


@dataclass(frozen=True, slots=True)
class OptOut:
    debtor_id: UUID
    channel: str
    message_id: int


def opt_out_url(message: Message) -> str:
    """Never expires: a person may stop messages from the oldest e-mail they find."""
    token = signing.dumps([str(message.debtor_id), message.channel, message.pk], salt=_SALT)
    return settings.PUBLIC_URL + reverse("reminders_opt_out", args=[token])


def read_opt_out(token: str) -> OptOut:
    try:
        debtor_id, channel, message_id = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise OptOutLinkUnknown(
            _("This link is not one of ours. Reply to the message, or call us, to stop it.")
        ) from error
    return OptOut(UUID(debtor_id), channel, message_id)
