"""What a person at a payment link asks of messages: to write to us, to stop or start a channel, to get a new link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Consent, Debtor
from common.clock import now
from common.errors import InvalidInput, PlatformError
from common.once import use_token
from compliance.gate import EVERY_CHANNEL
from payments.models import PaymentLink
from payments.models.links import token_hash
from payments.services.links import LONGEST_TOKEN
from reminders.channels.chosen import OPT_IN_ONLY, chose
from reminders.conversations.hearing import Reading, hear, read_text
from reminders.models import InboundMessage, Message
from reminders.opt_out import grant_consent, withdraw_consent
from reminders.queue import queue_message

OUTSIDE_CHANNELS = ("email", "sms")
LONGEST_TEXT = 2000
TEXTS_AN_HOUR = 10
NEW_LINKS_A_DAY = 3
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class TooManyTexts(PlatformError):
    code = "too_many_texts"
    status = 429


@transaction.atomic
def write_to_us(link: PaymentLink, *, text: str, token: str) -> bool:
    """Keep what was written, once per form; a "stop" in it is honoured at once. False when the form came before."""
    account = link.account
    text = text.replace("\x00", "").strip()
    if not text:
        raise InvalidInput(_("Write something first."), field="text")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(_("Please keep it under 2,000 characters."), field="text")
    if not use_token(f"link:{link.pk}", token):
        return False
    texts = InboundMessage.objects.filter(debtor_id=account.debtor_id, channel="in_app")
    if texts.filter(received_at__gt=now() - HOUR).count() >= TEXTS_AN_HOUR:
        raise TooManyTexts(_("We have a lot from you to read already. Please write again in an hour."))
    reading = read_text(text, [account.debtor])
    if reading.understood.refusal is not None:
        # Written on our page there is no channel to tell apart: whoever says stop here means us.
        reading = Reading(replace(reading.understood, refusal=EVERY_CHANNEL), "stop_everything")
    row = InboundMessage.objects.create(
        debtor_id=account.debtor_id,
        channel="in_app",
        dedupe_key=f"link:{link.pk}:{token}"[:120],
        text=text,
        recognised=reading.recognised,
        understood=reading.kept,
    )
    hear(row, reading, debtors=[account.debtor], account=account)
    return True


@transaction.atomic
def choose_channel(link: PaymentLink, *, channel: str, wanted: bool) -> None:
    """Stop or start one channel, or ("*") stop everything."""
    if channel not in (*OUTSIDE_CHANNELS, *OPT_IN_ONLY, EVERY_CHANNEL) or (wanted and channel == EVERY_CHANNEL):
        raise InvalidInput(_("Choose e-mail or text message."), field="channel")
    evidence = {"link": link.pk}
    if wanted:
        grant_consent(link.account.debtor, channel=channel, source="debtor_page", evidence=evidence)
    else:
        withdraw_consent(link.account.debtor, channel=channel, source="debtor_page", evidence=evidence)


def is_refused(debtor: Debtor, channel: str) -> bool:
    """Whether the newest word about this channel, or about every channel, was no."""
    said = Consent.objects.filter(debtor=debtor, channel__in=[channel, EVERY_CHANNEL], recorded_at__lte=now())
    if channel in OPT_IN_ONLY:
        return not chose(debtor, channel)
    newest = said.order_by("-recorded_at", "-id").first()
    return newest is not None and not newest.granted


def ask_for_new_link(token: str) -> None:
    """A fresh link to the address we have, for someone who holds an old one of ours. Says nothing either way."""
    rows = PaymentLink.objects.select_related("account").filter(token_hash=token_hash(token[:LONGEST_TOKEN]))
    link = rows.first()
    if link is None or link.account.status not in ("open", "paid", "settled") or _often_enough(link.account):
        return
    moment = now()
    queue_message(
        link.account,
        purpose="payment_link",
        occasion=f"asked:{link.pk}:{moment:%Y%m%d%H}",
        channels=OUTSIDE_CHANNELS,
    )


def _often_enough(account: Account) -> bool:
    asked = Message.objects.filter(account=account, purpose="payment_link", occasion__startswith="asked:")
    return asked.filter(created_at__gt=now() - DAY).count() >= NEW_LINKS_A_DAY
