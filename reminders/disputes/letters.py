"""Messages about a dispute: received, asked, answered. The gate decides about each while the account is held.

The hold of a decided dispute ends when its answer has arrived: an e-mail was taken, a letter was posted, or it was read
on the person's page. What reached nobody leaves the hold in place, on the list of answers under way.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import record_event
from accounts.models import Hold
from accounts.timeline_words import WORDS, EventWords
from accounts.work_reasons import WorkReason, register
from common.clock import now, today
from common.errors import InvalidInput
from compliance import contact_ledger
from compliance.services import lock_debtor
from payments.disputes.deciding import release, unanswered
from payments.models import DebtDispute, DisputeRemark, ValidationNotice
from payments.signals import dispute_moved, validation_notice_made
from reminders.heeding import wait_for_a_reader
from reminders.models import Message
from reminders.queue import queue_message
from reminders.rendering.pressure import pressing_words

RECEIVED, ASKED, ANSWERED = "dispute_received", "dispute_question", "dispute_response"
NOTICE = "validation_notice"
# An answer is something to keep: in a mailbox or on paper, and always on the person's page.
KEPT_ON = ("email", "letter", "in_app")
ASKED_BY = ("email", "sms", "in_app")
# In the words of the packs: the debt was verified, and the dispute answered.
VERIFIED = ("verification_sent", "dispute_answered")
REACHED_NOBODY = ("failed", "blocked", "bounced", "cancelled")


@receiver(dispute_moved, dispatch_uid="reminders.dispute_moved")
def say(sender: Any, *, dispute: DebtDispute, step: str, remark: DisputeRemark | None = None, **_given: Any) -> None:
    """In the transaction of the change: what may not be said stops the step itself."""
    if step == "opened":
        wait_for_a_reader(dispute.account.debtor)
        _queue(dispute, RECEIVED, "email", "in_app")
    elif step == "asked" and remark is not None:
        check_words(remark.text, field="text")
        _queue(dispute, ASKED, *ASKED_BY, remark=remark)
    elif step in ("deciding", "decided"):
        check_words(dispute.answer, field="answer")
        if step == "decided":
            _queue(dispute, ANSWERED, *KEPT_ON)


@receiver(validation_notice_made, dispatch_uid="reminders.validation_notice_made")
def post(sender: Any, *, notice: ValidationNotice, **_given: Any) -> None:
    """On paper only: by wire it needs a consent of its own (12 CFR 1006.42), which nobody here records."""
    queue_message(
        notice.account, purpose=NOTICE, occasion=f"vn:{notice.pk}", channels=("letter",), facts={"notice": notice.pk}
    )


def check_words(text: str, *, field: str) -> None:
    if pressing := pressing_words(text):
        words = _("“%(words)s” threatens or shames. Say what can be done instead.")
        raise InvalidInput(words % {"words": pressing[0][0]}, field=field)


def _queue(row: DebtDispute, purpose: str, *channels: str, remark: DisputeRemark | None = None) -> None:
    about = remark.pk.hex if remark else row.pk.hex
    facts = {"dispute": str(row.pk)} | ({"remark": str(remark.pk)} if remark else {})
    queue_message(row.account, purpose=purpose, occasion=f"d:{about}", channels=channels, facts=facts)


def release_answered() -> int:
    """Holds whose answer has arrived end now, and what reached nobody is a person's; safe to repeat. Says how many
    ended."""
    ended = 0
    rows = unanswered()
    told = _answers_to(rows)
    for row in rows:
        ways = told.get(str(row.pk), [])
        if any(has_arrived(message) for message in ways):
            ended += _release(row)
        elif ways and all(message.state in REACHED_NOBODY for message in ways):
            _ask_a_person(row)
    return ended


def _answers_to(rows: list[DebtDispute]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    messages = Message.objects.filter(
        purpose=ANSWERED, account__in=[row.account_id for row in rows], facts__dispute__in=[str(row.pk) for row in rows]
    )
    for message in messages.select_related("letter__batch"):
        found.setdefault(message.facts["dispute"], []).append(message)
    return found


def _ask_a_person(row: DebtDispute) -> None:
    """The hold is looked at today, which brings the account to the work list."""
    with transaction.atomic():
        later = Hold.objects.filter(pk=row.hold_id or 0, ends_at=None, review_on__gt=today())
        if later.update(review_on=today()):
            record_event("dispute.unreached", account=row.account, source="system", dispute=str(row.pk))


def has_arrived(message: Message) -> bool:
    if message.state not in ("sent", "delivered"):
        return False
    if message.channel == "letter":
        letter = getattr(message, "letter", None)
        return letter is not None and letter.batch.posted_at is not None
    return message.read_at is not None if message.channel == "in_app" else True


def _release(row: DebtDispute) -> bool:
    with transaction.atomic():
        lock_debtor(row.account.debtor_id)
        if not release(row):
            return False
        contact_ledger.note(
            row.account.debtor_id, accounts=[row.account_id], tags=list(VERIFIED), at=now(), source=f"dispute:{row.pk}"
        )
    return True


def unreached() -> QuerySet[DebtDispute]:
    """Decided, and every way of telling them has failed: somebody has to find one."""
    waiting = DebtDispute.objects.filter(state="decided", released_at=None)
    return waiting.filter(hold__ends_at=None, hold__review_on__lte=today())


UNREACHED = WorkReason(
    "dispute_unreached",
    55,
    lambda _today: Q(pk__in=unreached().values("account")),
    lambda *given: _("the answer to their dispute has not arrived"),
    "bad",
)


def register_own() -> None:
    register(UNREACHED)
    WORDS["dispute.unreached"] = EventWords(
        "contacts", "exclamation-triangle", "bad", gettext_lazy("The answer to a dispute reached nobody")
    )
