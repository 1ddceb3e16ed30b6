"""What a meaning does at once. Everything here protects the person: it stops, holds or waits. A person can undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.events import record_event
from accounts.models import Account, Consent, Debtor, Hold
from accounts.services import place_hold
from common.clock import now, today
from compliance.facts import zones_of
from compliance.gate import EVERY_CHANNEL
from payments.disputes.opening import Telling, open_dispute
from payments.models import DebtDispute
from reminders.channels.base import Keyword
from reminders.complaints.services import LONGEST, open_complaint
from reminders.confirmation import CONFIRMATION
from reminders.contact_lookup import points_with_number
from reminders.heeding import (
    LONGEST_PROMISE,
    SAYS_PAID,
    TIME_TO_ARRIVE,
    leave_in_peace,
    note_promise,
    set_aside,
    wait_for_a_reader,
)
from reminders.models import Complaint, InboundMessage
from reminders.opt_out import grant_consent, withdraw_consent
from reminders.queue import queue_message
from reminders.understanding import Intent, Understanding

HOLD_OF: Mapping[Intent, str] = {
    Intent.DECEASED: "deceased",
    Intent.REPRESENTED: "represented",
    Intent.BANKRUPTCY: "bankruptcy",
    Intent.DISPUTE: "dispute",
    Intent.HARDSHIP: "hardship",
}
IN_THEIR_WORDS: Mapping[Intent, str] = {
    Intent.DECEASED: "Somebody wrote that the person has died.",
    Intent.REPRESENTED: "The person wrote that somebody represents them.",
    Intent.BANKRUPTCY: "The person wrote of bankruptcy or insolvency.",
    Intent.HARDSHIP: "The person wrote that paying is hard now.",
}


@dataclass(frozen=True, slots=True)
class Heard:
    row: InboundMessage
    understood: Understanding
    debtor: Debtor
    account: Account | None
    number: str = ""
    alone: bool = True
    certain: bool = True
    confirmed: bool = False

    @property
    def words(self) -> str:
        """As they wrote them; the row in hand holds them sealed."""
        return InboundMessage.objects.get(pk=self.row.pk).text

    def is_sure_of(self, intent: Intent) -> bool:
        return any(each.intent is intent and each.sure for each in self.understood.meant)


@dataclass(slots=True)
class Done:
    """What was done, and why a person should look: empty when nobody needs to."""

    steps: list[str] = field(default_factory=list)
    for_a_person: str = ""

    def needs_person(self, why: str) -> None:
        self.for_a_person = self.for_a_person or why


def act(heard: Heard) -> Done:
    done = Done()
    if heard.understood.keyword is Keyword.START:
        _start(heard, done)
    if heard.understood.refusal is not None:
        _refuse(heard, done)
    for intent in HOLD_OF:
        if heard.is_sure_of(intent):
            _hold(heard, intent, done)
    for intent, step in _STEPS.items():
        if heard.is_sure_of(intent):
            step(heard, done)
    _leave_doubts_to_a_person(heard, done)
    return done


def _evidence(heard: Heard) -> dict[str, Any]:
    return {"inbound": str(heard.row.pk)}


def _refuse(heard: Heard, done: Done) -> None:
    scope = EVERY_CHANNEL if heard.understood.refusal == EVERY_CHANNEL else heard.row.channel
    withdraw_consent(heard.debtor, channel=scope, source="inbound", evidence=_evidence(heard))
    done.steps.append("stopped_everything" if scope == EVERY_CHANNEL else "stopped_channel")
    if not heard.confirmed and heard.row.channel != "in_app" and heard.account is not None:
        # At most one confirmation a day.
        queue_message(heard.account, purpose=CONFIRMATION, occasion=f"stopped:{today()}", channels=(heard.row.channel,))


def _start(heard: Heard, done: Done) -> None:
    """Only who stopped can start again: a bare "yes" to a question of ours grants nothing."""
    said = Consent.objects.filter(debtor=heard.debtor, channel__in=[heard.row.channel, EVERY_CHANNEL])
    newest = said.order_by("-recorded_at", "-id").first()
    if newest is None:
        done.needs_person("unclear")
    elif not newest.granted:
        grant_consent(heard.debtor, channel=heard.row.channel, source="inbound", evidence=_evidence(heard))
        done.steps.append("started_channel")


def _hold(heard: Heard, intent: Intent, done: Done) -> None:
    done.needs_person(intent.value)
    account, kind = heard.account, HOLD_OF[intent]
    if account is None:
        return
    held = _held(heard.debtor, account, kind)
    if intent is Intent.DISPUTE:
        told = Telling(DebtDispute.Reason.OTHER, heard.words[:LONGEST])
        open_dispute(account, told, via=DebtDispute.Via.MESSAGE)
    elif not held:
        _place(account, kind, intent)
    if not held:
        done.steps.append(f"hold:{kind}")


def _place(account: Account, kind: str, intent: Intent) -> None:
    place_hold(account, kind=kind, reason=IN_THEIR_WORDS[intent], by=None, source="debtor")


def _held(debtor: Debtor, account: Account, kind: str) -> bool:
    running = Q(ends_at=None) | Q(ends_at__gt=now())
    whose = Q(account=account) | Q(account=None)
    return Hold.objects.filter(running, whose, debtor=debtor, kind=kind, starts_at__lte=now()).exists()


def _wrong_person(heard: Heard, done: Done) -> None:
    """The number is not theirs: it is used for nobody of that name again, whatever else we have."""
    done.needs_person(Intent.WRONG_PERSON.value)
    for point in points_with_number(heard.number) if heard.number else []:
        if point.debtor_id == heard.debtor.pk and set_aside(point, account=heard.account):
            done.steps.append("number_set_aside")


def _paid(heard: Heard, done: Done) -> None:
    done.needs_person(Intent.PAID.value)
    _leave_in_peace(heard, now() + TIME_TO_ARRIVE, SAYS_PAID)
    done.steps.append("quiet")


def _promise(heard: Heard, done: Done) -> None:
    """Reminders wait until the day has passed where the person lives. What goes beyond a month a person agrees."""
    day = heard.understood.day
    if day is None:
        return
    if day - now().date() > LONGEST_PROMISE or heard.account is None:
        done.needs_person(Intent.PROMISE.value)
        return
    zones = zones_of(heard.debtor)
    midnight = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zones[0] if zones else "UTC"))
    if not note_promise(heard.account, day, until=midnight, source="message"):
        done.needs_person(Intent.PROMISE.value)
    wait_for_a_reader(heard.debtor)
    record_event("promise.heard", account=heard.account, source="debtor", due_on=day.isoformat())
    done.steps.append("promise")


def _leave_in_peace(heard: Heard, until: datetime, reason: str) -> None:
    if heard.account is None:
        return
    leave_in_peace(heard.account.pk, until=until, reason=reason)
    wait_for_a_reader(heard.debtor)


def _complaint(heard: Heard, done: Done) -> None:
    """Kept with a clock; what it is about is said by whoever reads it."""
    done.needs_person(Intent.COMPLAINT.value)
    opened = open_complaint(
        heard.debtor,
        account=heard.account,
        text=heard.words[:LONGEST],
        via=Complaint.Via.MESSAGE,
        inbound=heard.row,
    )
    if opened is not None:
        done.steps.append("complaint")


def _for_a_person(intent: Intent) -> Callable[[Heard, Done], None]:
    return lambda heard, done: done.needs_person(intent.value)


def _leave_doubts_to_a_person(heard: Heard, done: Done) -> None:
    found = heard.understood
    if found.keyword is not None or (found.refusal is not None and found.meant[0].sure):
        return
    if not found.meant or any(not each.sure for each in found.meant) or found.unsure:
        done.needs_person("unclear")


_STEPS: Mapping[Intent, Callable[[Heard, Done], None]] = {
    Intent.WRONG_PERSON: _wrong_person,
    Intent.ABUSE: _for_a_person(Intent.ABUSE),
    Intent.COMPLAINT: _complaint,
    Intent.PAID: _paid,
    Intent.PROMISE: _promise,
    Intent.HUMAN: _for_a_person(Intent.HUMAN),
}
