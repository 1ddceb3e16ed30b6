"""The last look before a message leaves: fresh facts, the gate, the words; committed before anyone is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Account, ContactPoint
from common.clock import now
from common.errors import PlatformError
from compliance.gate import Kind, Verdict
from compliance.selectors import may_contact, usable_contact_point
from compliance.services import Decided, approve_words, decide, lock_debtor, release
from payments.models import Instalment
from reminders.calls.queueing import queue_call
from reminders.channels.base import OutboundMessage
from reminders.channels.chosen import OPT_IN_ONLY, chose
from reminders.channels.sms_policy import sms_allowed
from reminders.confirmation import CONFIRMATION
from reminders.dispatch.claim import LEASE, Claim, renew
from reminders.dispatch.content import AGENT_REPLY, ASSISTANT_ANSWER, compose, sender_of
from reminders.dispatch.outcome import end, try_again, try_next_channel
from reminders.models import ContactSwitch, Message
from reminders.planning.notices import occasion_of
from reminders.rendering.content import Content
from reminders.rendering.languages import written_language
from reminders.rendering.said import tokens_of
from reminders.switches import kept_reason, switches
from reminders.tokens import opt_out_url

SWITCH_PAUSE = timedelta(minutes=15)
# Whoever wrote to us on a channel is answered there, and told that we stop.
ANSWERS_THEM = frozenset({CONFIRMATION, AGENT_REPLY, ASSISTANT_ANSWER})
BY_TWILIO = frozenset({"sms", "whatsapp"})
STALE = timedelta(days=4)  # a demand held back longer than this gives way to what the schedule says then


@dataclass(frozen=True, slots=True)
class Ready:
    outbound: OutboundMessage
    until: datetime


@transaction.atomic
def prepare(claim: Claim) -> Ready | None:
    """None: nothing is to be sent now, and the row already says why."""
    found = Message.objects.filter(pk=claim.message_id).values_list("debtor_id", flat=True).first()
    if found is None:
        return None
    lock_debtor(found)  # always before the message: whoever withdraws consent locks in this order too
    message = owned(claim)
    if message is None:
        return None
    if stopped := switches().stopping(message):
        _wait(message, stopped)
        return None
    if message.channel == "voice":
        hand_to_callers(message)
        return None
    point = usable_contact_point(message.account, channel=message.channel)
    decided = _ask_gate(message, point)
    if not decided.verdict.may_go:
        _not_now(message, decided.verdict)
        return None
    if moved := _moved_on(message, decided.account):
        _give_back(message, decided)
        end(message, "cancelled", moved)
        return None
    return _write(message, decided, point)


def owned(claim: Claim) -> Message | None:
    """The message, locked, if the claim on it still stands."""
    rows = Message.objects.select_for_update(of=("self",)).select_related("account__creditor", "account__debtor")
    return rows.filter(pk=claim.message_id, state="sending", claimed_until=claim.until).first()


def _ask_gate(message: Message, point: ContactPoint | None) -> Decided:
    account = message.account
    carried = _carried(message, account)
    return decide(
        account,
        channel=message.channel,
        purpose=message.purpose,
        contact_point=point,
        carrier_allows=carried,
        source=ledger_source(message),
    )


def ledger_source(message: Message) -> str:
    """How the ledger of contacts knows this message's line."""
    return f"message:{message.pk}"


def hand_to_callers(message: Message) -> None:
    """A call is made by a person: it joins their queue unless the gate stands against it for good. Nothing is counted
    yet; the gate is asked again, and the attempt counted, by whoever dials."""
    verdict = may_contact(message.account, channel=message.channel, purpose=message.purpose)
    if moved := _moved_on(message, message.account):
        end(message, "cancelled", moved)
    elif verdict.may_go or verdict.kind is Kind.DEFER:
        queue_call(message, verdict)
    else:
        _not_now(message, verdict)


def _carried(message: Message, account: Account) -> bool:
    """Whether the provider takes such a message at all: by its rules of use, and by the person's own choice."""
    if message.channel == "sms":
        return sms_allowed(account.creditor.role, account.debtor.country)
    return (
        message.channel not in OPT_IN_ONLY or message.purpose in ANSWERS_THEM or chose(account.debtor, message.channel)
    )


def _wait(message: Message, switch: ContactSwitch) -> None:
    """Switched off: by another way if only this one is, else until it is on again or the reminder is stale."""
    if switch.scope == ContactSwitch.Scope.CHANNEL and message.channels_left:
        try_next_channel(message, kept_reason())
    elif message.step_id and now() > message.created_at + STALE:
        end(message, "cancelled", kept_reason())
    else:
        try_again(message, at=now() + SWITCH_PAUSE, reason=kept_reason(), spent=False)


def _not_now(message: Message, verdict: Verdict) -> None:
    if verdict.waits and verdict.until:
        if message.step_id and verdict.until > message.created_at + STALE:
            end(message, "cancelled", verdict.words)
        else:
            try_again(message, at=verdict.until, reason=verdict.words, spent=False)
    elif verdict.channel_only and message.channels_left:
        try_next_channel(message, verdict.words)
    else:
        end(message, "blocked", verdict.words)


def _moved_on(message: Message, account: Account) -> str:
    """Why a message is about yesterday's world: its step was due for another delinquency, its debit is not coming."""
    about = message.occasion.partition(":")[0]
    if message.step_id and about != account.due_date.isoformat():
        return "The due date has changed since this was planned."
    if message.purpose == "pre_debit_notice" and not _still_coming(message):
        return "This debit was called off."
    if message.purpose in ("debit_failed", "debit_stopped") and not _still_so(message):
        return "What happens next with this debit has changed."
    return ""


def _still_coming(message: Message) -> bool:
    announced = Instalment.objects.filter(pk=message.facts["instalment"], state="noticed").first()
    return announced is not None and message.occasion == occasion_of(announced)


def _still_so(message: Message) -> bool:
    row = Instalment.objects.filter(payments__attempts=message.facts["attempt"]).first()
    if row is None or message.purpose == "debit_stopped":
        return row is not None and row.state == "missed"
    day = row.retry_on.isoformat() if row.retry_on and row.state in ("scheduled", "noticed") else ""
    return day == message.facts["next_on"]


def _write(message: Message, decided: Decided, point: ContactPoint | None) -> Ready | None:
    try:
        with transaction.atomic():
            content = compose(message, decided.account, countries=decided.judged.countries)
    except PlatformError as error:
        _give_back(message, decided)
        reason = f"{error.code}: {error.message}"
        if message.channels_left:
            try_next_channel(message, reason)
        else:
            end(message, "blocked", reason)
        return None
    said = approve_words(decided, tokens=_said(message, decided, content), text=content.text)
    if not said.may_go:
        _give_back(message, decided)
        _not_now(message, said)
        return None
    until = renew(message.pk)
    message.contact_point, message.facts = point, {**message.facts, "handed_over": (until - LEASE).isoformat()}
    _store(message, decided, content)
    return Ready(_outbound(message, content, point), until)


def _said(message: Message, decided: Decided, content: Content) -> frozenset[str]:
    account = decided.account
    language = written_language(account.debtor.language)
    return tokens_of(content, channel=message.channel, language=language, account=account, sender=sender_of(account))


def _give_back(message: Message, decided: Decided) -> None:
    release(message.debtor_id, day=decided.reserved_day, channel=message.channel, source=ledger_source(message))


def _store(message: Message, decided: Decided, content: Content) -> None:
    message.subject = content.subject[:200]
    message.body = content.text
    message.language = decided.account.debtor.language
    message.facts = {
        **message.facts,
        "decision": decided.decision.pk,
        "reserved": decided.reserved_day.isoformat() if decided.reserved_day else None,
    }
    message.save(update_fields=["contact_point", "subject", "body", "language", "facts"])


def _outbound(message: Message, content: Content, point: ContactPoint | None) -> OutboundMessage:
    by_email = message.channel == "email"
    return OutboundMessage(
        message_id=str(message.pk),
        to=point.value if point else "",
        text=content.text,
        subject=content.subject,
        html=content.html,
        attachments=content.attachments,
        language=message.language,
        callback_url=settings.PUBLIC_URL + reverse("reminders_sms_status") if message.channel in BY_TWILIO else "",
        unsubscribe_url=opt_out_url(message) if by_email else "",
    )
