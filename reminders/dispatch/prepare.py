"""The last look before a message leaves: fresh facts, the gate, the words; committed before anyone is called."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Account
from common.bulk import array_text
from common.clock import now
from common.crypto.cipher import seal_column
from common.errors import PlatformError
from compliance.gate import Action, Kind, Verdict
from compliance.known import Person
from compliance.services import Decided, Deciding, lock_debtors
from payments.models import Instalment
from reminders import promise_reminders
from reminders.calls.queueing import queue_call
from reminders.channels.base import OutboundMessage
from reminders.channels.chosen import OPT_IN_ONLY, chosen_in
from reminders.channels.sms_policy import sms_allowed
from reminders.confirmation import CONFIRMATION
from reminders.dispatch.claim import LEASE_SECONDS, Claim
from reminders.dispatch.content import AGENT_REPLY, ASSISTANT_ANSWER, Composed, Desk, sender_of
from reminders.dispatch.outcome import end, try_again, try_next_channel
from reminders.dispatch.statements import Statement
from reminders.models import ContactSwitch, Message
from reminders.planning.notices import occasion_of
from reminders.rendering.content import Content
from reminders.rendering.languages import written_language
from reminders.rendering.said import tokens_of
from reminders.switches import Switches, kept_reason, switches
from reminders.tokens import opt_out_url

SWITCH_PAUSE = timedelta(minutes=15)
# Whoever wrote to us on a channel is answered there, and told that we stop.
ANSWERS_THEM = frozenset({CONFIRMATION, AGENT_REPLY, ASSISTANT_ANSWER})
BY_TWILIO = frozenset({"sms", "whatsapp"})
STALE = timedelta(days=4)  # a demand held back longer than this gives way to what the schedule says then


@dataclass(frozen=True, slots=True)
class Ready:
    """`statement` is drawn and attached by whoever sends: under the locks it would keep everybody waiting."""

    outbound: OutboundMessage
    until: datetime
    statement: Statement | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    message: Message
    decided: Decided
    composed: Composed


@transaction.atomic
def prepare(claims: Sequence[Claim]) -> list[Ready]:
    """Of a batch, what is to be sent now; of everything else the row already says why not.

    Whoever withdraws consent, holds or pays locks the person or the account, too: what was committed before our locks
    is honoured, what comes after them finds these messages on their way.
    """
    lock_debtors(claim.debtor_id for claim in claims)  # always before the messages, and those before the accounts
    messages = owned(claims)
    if not messages:
        return []
    batch = _Batch(Deciding.about(message.account_id for message in messages), switches())
    written = [one for message in messages if (one := batch.look_at(message)) is not None]
    batch.deciding.write()
    batch.desk.links.write()
    return _store(written)


def owned(claims: Sequence[Claim]) -> list[Message]:
    """The messages, locked, on which the claims still stand; in the order of the claims."""
    rows = Message.objects.select_for_update().filter(pk__any_of=[one.message_id for one in claims], state="sending")
    found = {row.pk: row for row in rows.order_by("pk")}
    return [
        row
        for claim in claims
        if (row := found.get(claim.message_id))
        and row.claimed_until == claim.until
        and row.debtor_id == claim.debtor_id
    ]


def ledger_source(message: Message) -> str:
    """How the ledger of contacts knows this message's line."""
    return f"message:{message.pk}"


@dataclass(frozen=True)
class _Batch:
    """One after the other, each counting what the ones before it reserved."""

    deciding: Deciding
    off: Switches
    desk: Desk = field(default_factory=Desk)

    def look_at(self, message: Message) -> _Written | None:
        account = self.deciding.known.accounts[message.account_id]
        message.account = account
        if stopped := self.off.stopping(message):
            _wait(message, stopped)
            return None
        person = self.deciding.known.people[account.debtor_id]
        point = person.usable_point(message.channel)
        source = ledger_source(message)
        action = Action(message.purpose, message.channel, carrier_allows=_carried(message, account, person))
        if message.channel == "voice":
            _hand_to_callers(message, self.deciding.consider(account.pk, action, contact_point=point, source=source))
            return None
        decided = self.deciding.decide(account.pk, action, contact_point=point, source=source)
        if not decided.verdict.may_go:
            _not_now(message, decided.verdict)
            return None
        if moved := _moved_on(message, account):
            self.deciding.give_back(decided)
            end(message, "cancelled", moved)
            return None
        message.contact_point = point
        return self._write(message, decided)

    def _write(self, message: Message, decided: Decided) -> _Written | None:
        links = len(self.desk.links)
        try:
            composed = self.desk.compose(message, decided.account, countries=decided.judged.countries)
        except PlatformError as error:
            self._take_back(message, decided, links)
            _unwritten(message, f"{error.code}: {error.message}")
            return None
        content = composed.content
        said = self.deciding.approve_words(decided, tokens=_said(message, decided, content), text=content.text)
        if not said.may_go:
            self._take_back(message, decided, links)
            _not_now(message, said)
            return None
        return _Written(message, decided, composed)

    def _take_back(self, message: Message, decided: Decided, links: int) -> None:
        self.deciding.give_back(decided)
        self.desk.links.forget_after(links)
        message.contact_point = None


def _hand_to_callers(message: Message, verdict: Verdict) -> None:
    """A call is made by a person: it joins their queue unless the gate stands against it for good. Nothing is counted
    yet; the gate is asked again, and the attempt counted, by whoever dials."""
    if moved := _moved_on(message, message.account):
        end(message, "cancelled", moved)
    elif verdict.may_go or verdict.kind is Kind.DEFER:
        queue_call(message, verdict)
    else:
        _not_now(message, verdict)


def _carried(message: Message, account: Account, person: Person) -> bool:
    """Whether the provider takes such a message at all: by its rules of use, and by the person's own choice."""
    if message.channel == "sms":
        return sms_allowed(account.creditor.role, account.debtor.country)
    return (
        message.channel not in OPT_IN_ONLY
        or message.purpose in ANSWERS_THEM
        or chosen_in(person.consents, message.channel)
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
    return promise_reminders.moved_on(message) if message.purpose == promise_reminders.PURPOSE else ""


def _still_coming(message: Message) -> bool:
    announced = Instalment.objects.filter(pk=message.facts["instalment"], state="noticed").first()
    return announced is not None and message.occasion == occasion_of(announced)


def _still_so(message: Message) -> bool:
    row = Instalment.objects.filter(payments__attempts=message.facts["attempt"]).first()
    if row is None or message.purpose == "debit_stopped":
        return row is not None and row.state == "missed"
    day = row.retry_on.isoformat() if row.retry_on and row.state in ("scheduled", "noticed") else ""
    return day == message.facts["next_on"]


def _unwritten(message: Message, reason: str) -> None:
    if message.channels_left:
        try_next_channel(message, reason)
    else:
        end(message, "blocked", reason)


def _said(message: Message, decided: Decided, content: Content) -> frozenset[str]:
    account = decided.account
    language = written_language(account.debtor.language)
    return tokens_of(content, channel=message.channel, language=language, account=account, sender=sender_of(account))


# When it was handed over is told in real time and by the one clock that leases go by.
_STORE = """
    UPDATE reminders_message AS old SET
        claimed_until = clock_timestamp() + make_interval(secs => %s),
        contact_point_id = raw.contact_point_id, subject = raw.subject, body = raw.body, language = raw.language,
        facts = raw.facts::jsonb || jsonb_build_object('handed_over', clock_timestamp())
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS raw (id, contact_point_id, subject, body, language, facts)
    WHERE old.id = raw.id RETURNING old.id, old.claimed_until
"""


def _store(written: Sequence[_Written]) -> list[Ready]:
    """The words, sealed, and a fresh lease for each: from here on it may have left."""
    if not written:
        return []
    for one in written:
        _note(one)
    rows = [one.message for one in written]
    ids = [row.pk for row in rows]
    columns: list[Sequence[Any]] = [
        ids,
        [row.contact_point_id for row in rows],
        [row.subject for row in rows],
        seal_column("reminders_message", "body", [one.composed.content.text for one in written], ids),
        [row.language for row in rows],
        [json.dumps(row.facts) for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [LEASE_SECONDS, *map(array_text, columns)])
        until = dict(cursor.fetchall())
    return [Ready(_outbound(one), until[one.message.pk], one.composed.statement) for one in written]


def _note(one: _Written) -> None:
    message, decided = one.message, one.decided
    message.subject = one.composed.content.subject[:200]
    message.language = decided.account.debtor.language
    message.facts = {
        **message.facts,
        "decision": decided.decision.pk,
        "reserved": decided.reserved_day.isoformat() if decided.reserved_day else None,
    }


@cache
def _status_page() -> str:
    return reverse("reminders_sms_status")


def _outbound(one: _Written) -> OutboundMessage:
    message, content, point = one.message, one.composed.content, one.message.contact_point
    by_email = message.channel == "email"
    return OutboundMessage(
        message_id=str(message.pk),
        to=point.value if point else "",
        text=content.text,
        subject=content.subject,
        html=content.html,
        language=message.language,
        callback_url=settings.PUBLIC_URL + _status_page() if message.channel in BY_TWILIO else "",
        unsubscribe_url=opt_out_url(message) if by_email else "",
    )
