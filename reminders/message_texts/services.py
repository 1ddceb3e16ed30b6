"""Changing the words of messages: a version written by one person, approved by another, and the way back.

No version is edited. The newest approved one is what is sent.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, InvalidInput, NotFound
from common.once import use_token
from reminders.message_texts.lint import lint
from reminders.message_texts.places import Place, is_place
from reminders.models import Template
from reminders.rendering.texts import TemplateText

LONGEST_REASON = 200


@transaction.atomic
def write_text(place: Place, text: TemplateText, *, why: str, by: User, token: str = "") -> Template | None:
    """A new version that waits for a second person; None when the form came before. A text that cannot be sent is
    refused with what is wrong and what to do."""
    if not is_place(place):
        raise NotFound(_("There is no such text."))
    _need_reason(why)
    linted = lint(text, key=place.key, channel=place.channel, language=place.language)
    if linted.blocking:
        raise InvalidInput(" ".join(problem.message for problem in linted.blocking), field="body")
    if not use_token(caller_of(by), token):
        return None
    versions = _versions(place)
    newest = versions[-1] if versions else None
    if newest and _text(newest) == text and newest.refused_at is None:
        raise InvalidInput(_("Nothing differs from version %(n)s.") % {"n": newest.version}, field="body")
    row = Template.objects.create(
        **place.as_fields(),
        version=newest.version + 1 if newest else 1,
        subject=text.subject,
        button=text.button,
        body=text.body,
        written_by=by,
        why=why.strip()[:LONGEST_REASON],
    )
    _tell("template.written", row, by)
    return row


@transaction.atomic
def approve_text(row: Template, *, by: User, token: str = "") -> None:
    """The second person agrees: from now on this is what is sent."""
    if not use_token(caller_of(by), token):
        return
    fresh = _waiting(row)
    if fresh.written_by_id == by.pk:
        raise Conflict(_("You wrote this version, so somebody else has to approve it."))
    if Template.objects.filter(
        **Place.of(fresh).as_fields(), version__gt=fresh.version, approved_at__isnull=False
    ).exists():
        raise Conflict(_("A newer version is in force. Write this one again if it is still wanted."))
    problems = lint(_text(fresh), key=fresh.key, channel=fresh.channel, language=fresh.language).blocking
    if problems:
        raise Conflict(" ".join(problem.message for problem in problems))
    fresh.approved_by, fresh.approved_at = by, now()
    fresh.save(update_fields=["approved_by", "approved_at"])
    _tell("template.approved", fresh, by)


@transaction.atomic
def refuse_text(row: Template, *, reason: str, by: User, token: str = "") -> None:
    """By somebody who disagrees, or by whoever wrote it."""
    _need_reason(reason)
    if not use_token(caller_of(by), token):
        return
    fresh = _waiting(row)
    fresh.refused_at, fresh.refused_why = now(), reason.strip()[:LONGEST_REASON]
    fresh.save(update_fields=["refused_at", "refused_why"])
    _tell("template.refused", fresh, by)


@transaction.atomic
def bring_back_text(row: Template, *, reason: str, by: User, token: str = "") -> Template | None:
    """The words of an older version again, as a new one: they were agreed to by two people once."""
    _need_reason(reason)
    if not use_token(caller_of(by), token):
        return None
    versions = _versions(Place.of(row))
    if row.approved_at is None:
        raise Conflict(_("This version was never approved."))
    in_force = next(one for one in reversed(versions) if one.approved_at)
    if in_force.pk == row.pk:
        raise Conflict(_("This version is in force."))
    new = Template.objects.create(
        **Place.of(row).as_fields(),
        version=versions[-1].version + 1,
        subject=row.subject,
        button=row.button,
        body=row.body,
        approved_by=by,
        approved_at=now(),
        why=_("Version %(n)s again: %(reason)s") % {"n": row.version, "reason": reason.strip()[:150]},
    )
    _tell("template.brought_back", new, by)
    return new


def _text(row: Template) -> TemplateText:
    return TemplateText(body=row.body, subject=row.subject, button=row.button)


def _versions(place: Place) -> list[Template]:
    """All of one place, locked: two people writing at once take turns."""
    return list(Template.objects.select_for_update().filter(**place.as_fields()).order_by("version"))


def _waiting(row: Template) -> Template:
    fresh = next((one for one in _versions(Place.of(row)) if one.pk == row.pk), None)
    if fresh is None or fresh.approved_at or fresh.refused_at:
        raise Conflict(_("Somebody has decided about this version already. Reload the page."))
    return fresh


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="why")


def _tell(kind: str, row: Template, by: User) -> None:
    record_event(kind, actor=by, source="staff", template=str(row), why=row.refused_why or row.why)
