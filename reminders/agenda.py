"""What contact puts on an account's agenda: what is queued, what the schedule says next, calls, complaints' clocks.

Each asks who will decide: the gate about what is queued, the planner about what is not planned yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.agenda import Look, Step, register_source
from accounts.models import ContactPoint
from compliance.gate import KIND_OF_CHANNEL, Action, Verdict
from compliance.judging import judge_known
from compliance.known import Known, known_about
from reminders.models import CallTask, Complaint, Message
from reminders.planning.one import next_reminder
from reminders.selectors import upcoming_for
from reminders.words import CHANNEL_NAMES, LEFT_OUT, purpose_words

SHOWN = 5


def contact_source(look: Look) -> Iterable[Step]:
    """Queued messages and calls, and the next reminder of the schedule, each with the gate's word about its moment."""
    account = look.account
    queued = list(upcoming_for(account)[:SHOWN])
    if not look.staff and not queued:
        return  # the person is told of nothing else here, and their page is opened often
    waiting = CallTask.objects.filter(account=account, state="waiting").order_by("not_before", "pk")
    calls = list(waiting[:SHOWN]) if look.staff else []
    planned = next_reminder(account) if look.staff else None
    known = known_about([account.pk], at=look.at)
    points = list(ContactPoint.objects.filter(debtor_id=account.debtor_id).order_by("position", "id"))
    gate = _Gate(look, known, points)
    for message in queued:
        yield _message(message, gate)
    for call in calls:
        yield Step(
            kind="call", icon="telephone", at=call.not_before, words=_("Call") + ": " + purpose_words(call.purpose),
            why=_("In the queue of calls until %(day)s.") % {"day": call.expires_at.astimezone(look.zone).date()},
            **gate.word("voice", call.purpose, call.not_before),
        )  # fmt: skip
    if planned and not any(message.step_id for message in queued):
        waits = (str(LEFT_OUT.get(planned.left_out, planned.left_out)),) if planned.left_out else ()
        said: dict[str, Any] = (
            {"waits": waits} if waits else gate.word(planned.channel, planned.key, planned.due_at or look.at)
        )
        yield Step(
            kind="reminder", icon="send", day=planned.on, at=planned.due_at,
            words=f"{purpose_words(planned.key)} · {CHANNEL_NAMES[planned.channel]}",
            why=_("The schedule's next step. It is decided on its day."), **said,
        )  # fmt: skip


class _Gate:
    """The gate's word about one account, with everything read once."""

    def __init__(self, look: Look, known: Known, points: Sequence[ContactPoint]) -> None:
        self.look, self.known, self.points = look, known, points

    def word(self, channel: str, purpose: str, at: datetime) -> dict[str, Any]:
        said = self._verdict(channel, purpose, max(at, self.look.at))
        if said.may_go:
            return {}
        why = self.look.account.quiet_reason if any(reason.rule == "quiet" for reason in said.reasons) else ""
        return {"waits": tuple(text for text in (said.words, why) if text), "until": said.until}

    def _verdict(self, channel: str, purpose: str, at: datetime) -> Verdict:
        kind = KIND_OF_CHANNEL.get(channel)
        able = (point for point in self.points if point.kind == kind and point.condition != "invalid")
        known = replace(self.known, at=at)
        return judge_known(
            known, self.look.account.pk, Action(purpose, channel), contact_point=next(able, None)
        ).verdict


def _message(message: Message, gate: _Gate) -> Step:
    said: dict[str, Any] = (
        {} if message.state == "sending" else gate.word(message.channel, message.purpose, message.due_at)
    )
    return Step(
        kind="message",
        icon="send",
        at=message.due_at,
        words=f"{purpose_words(message.purpose)} · {CHANNEL_NAMES[message.channel]}",
        to_debtor=_("A message from us"),
        why=_("By the schedule.") if message.step_id else _("Because of what happened on the account."),
        href=reverse("message_page", args=[message.pk]) if gate.look.staff else "",
        **said,
    )


def complaint_source(look: Look) -> Iterable[Step]:
    rows = Complaint.objects.filter(account=look.account, state="open").select_related("owner").order_by("answer_by")
    for row in rows[:SHOWN]:
        yield Step(
            kind="law",
            icon="flag",
            at=row.answer_by,
            words=_("Answer the complaint, at the latest"),
            to_debtor=_("We answer your complaint, at the latest"),
            why=_("The clock of the place: %(rule)s.") % {"rule": row.rule},
        )


def register_all() -> None:
    register_source("contact", contact_source)
    register_source("complaints", complaint_source)
