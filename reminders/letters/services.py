"""Letters that wait become a batch: checked once more, printed as one PDF, marked as posted, and some come back."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict
from common.once import use_token
from compliance.gate import Kind, Verdict
from compliance.selectors import may_contact
from compliance.services import lock_debtors
from reminders.dispatch.outcome import REASON_MAX, end, fall_back
from reminders.dispatch.prepare import STALE
from reminders.dispatch.settle import give_back, mark_contact_point
from reminders.models import Letter, LetterBatch, Message
from reminders.switches import switches

CHANNEL = "letter"
MOST_LETTERS = 500


def waiting() -> Iterator[Message]:
    """Written and not in any batch yet, the oldest first."""
    rows = Message.objects.filter(channel=CHANNEL, state="sent", letter__isnull=True).order_by("id")
    yield from rows.select_related("account__creditor", "account__debtor", "contact_point")[:MOST_LETTERS]


@transaction.atomic
def make_batch(*, by: User, token: str = "") -> LetterBatch | None:
    """A batch of what waits, or None when nothing is left of it. Who paid, refused or is protected since a letter was
    written is taken out: paper cannot be called back. What is switched off waits for another batch."""
    if not use_token(caller_of(by), token):
        return None
    off, queued = switches(), list(waiting())
    lock_debtors(message.debtor_id for message in queued)
    kept = [message for message in queued if not off.stopping(message) and _still_right(message)]
    if not kept:
        return None
    batch = LetterBatch.objects.create(created_by=by)
    Letter.objects.bulk_create(
        Letter(batch=batch, message=message, number=number) for number, message in enumerate(kept, start=1)
    )
    record_event("letters.batched", actor=by, source="staff", batch=batch.pk, letters=len(kept))
    return batch


def _still_right(message: Message) -> bool:
    """The gate's standing refusals, asked again; hours and caps were settled when the letter was written.

    Of two who make a batch at once the second waits here, and finds the letter taken.
    """
    if Letter.objects.filter(message=message).exists():
        return False
    point = message.contact_point
    verdict = may_contact(message.account, channel=CHANNEL, contact_point=point, purpose=message.purpose)
    gone = point is None or point.condition == "invalid"
    if verdict.kind in (Kind.ALLOW, Kind.ALLOW_WITH, Kind.DEFER) and not gone:
        _say(message, "")
        return True
    if not gone and _stands_still(verdict):
        _stand_still(message, verdict)
        return False
    give_back(message)
    end(message, "failed", verdict.words or "address_incomplete")
    return False


def _stands_still(verdict: Verdict) -> bool:
    """Until people have decided, or until a day that is known."""
    return verdict.kind is Kind.REVIEW or (verdict.kind is Kind.HOLD and verdict.until is not None)


def _stand_still(message: Message, verdict: Verdict) -> None:
    """It waits for a later batch and says why. A reminder that would be old news by then gives way to what the
    schedule says after it, as on every channel."""
    written = message.sent_at or message.created_at
    if message.step_id and verdict.until and verdict.until > written + STALE:
        give_back(message)
        end(message, "cancelled", verdict.words)
    else:
        _say(message, verdict.words[:REASON_MAX])


def _say(message: Message, reason: str) -> None:
    if message.reason != reason:
        message.reason = reason
        message.save(update_fields=["reason"])


@transaction.atomic
def mark_posted(batch: LetterBatch, *, by: User) -> None:
    row = LetterBatch.objects.select_for_update().get(pk=batch.pk)
    if row.posted_at:
        return
    row.posted_at, row.posted_by = now(), by
    row.save(update_fields=["posted_at", "posted_by"])
    for letter in row.letters.select_related("message__account"):
        record_event(
            "letter.posted", account=letter.message.account, actor=by, source="staff", message=letter.message_id
        )


@transaction.atomic
def mark_returned(letter: Letter, *, by: User) -> None:
    """It came back: the address is not used again, and the next way of the step takes over."""
    row = Letter.objects.select_for_update(of=("self",)).select_related("batch", "message__account").get(pk=letter.pk)
    if row.returned_at:
        return
    if not row.batch.posted_at:
        raise Conflict(_("This letter was not posted yet, so it cannot have come back."))
    row.returned_at = now()
    row.save(update_fields=["returned_at"])
    message = Message.objects.select_for_update(of=("self",)).select_related("account").get(pk=row.message_id)
    mark_contact_point(message.contact_point_id, "invalid")
    record_event("letter.returned", account=message.account, actor=by, source="staff", message=message.pk)
    if message.state in ("sent", "delivered"):
        end(message, "bounced", "letter_returned")
        fall_back(message)
