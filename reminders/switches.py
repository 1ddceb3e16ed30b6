"""Kill switches of contact: for everything, a channel, a creditor or a schedule. Read afresh before each act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.once import use_token
from compliance.gate import ANSWER, COLLECTION, CONFIRMATION, PURPOSES, REPLY
from reminders.models import CHANNELS, ContactSwitch, Message, Schedule

Scope = ContactSwitch.Scope


@dataclass(frozen=True, slots=True)
class Switches:
    """What is switched off at this moment."""

    off: Sequence[ContactSwitch] = ()

    def stops_channel(self, channel: str) -> bool:
        return any(row.scope == Scope.CHANNEL and row.channel == channel for row in self.off)

    def stops_schedule(self, name: str, creditor_id: int) -> bool:
        return any(
            row.scope == Scope.EVERYTHING
            or (row.scope == Scope.CREDITOR and row.creditor_id == creditor_id)
            or (row.scope == Scope.SCHEDULE and row.schedule_name == name)
            for row in self.off
        )

    def stopping(self, message: Message) -> ContactSwitch | None:
        """The switch that keeps this message back. A creditor's does not silence answers to what a person did."""
        return next((row for row in self.off if _covers(row, message)), None)


def switches() -> Switches:
    return Switches(tuple(ContactSwitch.objects.filter(ended_at__isnull=True).select_related("creditor")))


def _covers(switch: ContactSwitch, message: Message) -> bool:
    if switch.scope == Scope.CHANNEL:
        return message.channel == switch.channel
    if switch.scope == Scope.CREDITOR:
        asked_for = PURPOSES.get(message.purpose, COLLECTION) in (ANSWER, REPLY, CONFIRMATION)
        return message.account.creditor_id == switch.creditor_id and not asked_for
    if switch.scope == Scope.SCHEDULE:
        return bool(message.step_id) and _schedule_name(message) == switch.schedule_name
    return True


def _schedule_name(message: Message) -> str:
    return Schedule.objects.filter(steps=message.step_id).values_list("name", flat=True).get()


def kept_reason() -> str:
    """What a message that waits behind a switch keeps as its reason."""
    return "This was switched off by an administrator."


def switch_words(switch: ContactSwitch) -> str:
    """What is off, as a person says it."""
    named = {
        Scope.EVERYTHING: _("All messages"),
        Scope.CHANNEL: dict(CHANNELS).get(switch.channel, switch.channel),
        Scope.CREDITOR: switch.creditor.name if switch.creditor else "",
        Scope.SCHEDULE: switch.schedule_name,
    }
    return str(named[Scope(switch.scope)])


@transaction.atomic
def switch_off(
    scope: str,
    *,
    reason: str,
    by: User,
    channel: str = "",
    creditor: Creditor | None = None,
    schedule_name: str = "",
    token: str = "",
) -> ContactSwitch | None:
    """Nothing this covers is planned or sent from now on; what is queued waits. None when the form came before."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    target = _target(scope, channel=channel, creditor=creditor, schedule_name=schedule_name)
    if not use_token(caller_of(by), token):
        return None
    if ContactSwitch.objects.filter(scope=scope, ended_at__isnull=True, **target).exists():
        raise Conflict(_("This is switched off already."))
    switch = ContactSwitch.objects.create(scope=scope, reason=reason.strip()[:200], started_by=by, **target)
    _tell("contact.switched_off", switch, by, switch.reason)
    return switch


def _target(scope: str, *, channel: str, creditor: Creditor | None, schedule_name: str) -> dict[str, object]:
    needed = {"channel": channel, "creditor": creditor, "schedule": schedule_name}
    if scope not in Scope.values:
        raise InvalidInput(_("Choose what to switch off."), field="scope")
    if scope in needed and not needed[scope]:
        raise InvalidInput(_("Choose which one."), field=scope)
    return {
        "channel": channel if scope == Scope.CHANNEL else "",
        "creditor": creditor if scope == Scope.CREDITOR else None,
        "schedule_name": schedule_name if scope == Scope.SCHEDULE else "",
    }


@transaction.atomic
def switch_on(switch: ContactSwitch, *, reason: str, by: User, token: str = "") -> None:
    """Messages that waited go out as they are due, past the gate and its caps; a switch ended before stays ended."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not use_token(caller_of(by), token):
        return
    ended = ContactSwitch.objects.filter(pk=switch.pk, ended_at__isnull=True).update(
        ended_at=now(), ended_by=by, ended_reason=reason.strip()[:200]
    )
    if ended:
        _tell("contact.switched_on", switch, by, reason.strip()[:200])


def _tell(kind: str, switch: ContactSwitch, by: User, why: str) -> None:
    record_event(
        kind,
        creditor=switch.creditor,
        actor=by,
        source="staff",
        scope=switch.scope,
        what=switch.channel or switch.schedule_name,
        why=why,
    )
