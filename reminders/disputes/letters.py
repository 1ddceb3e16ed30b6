"""Messages about a dispute: received, asked, answered. The gate decides about each while the account is held.

The hold of a decided dispute ends when its answer has arrived: an e-mail was taken, a letter was posted, or it was read
on the person's page. What reached nobody leaves the hold in place, on the list of answers under way.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from common.clock import now
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
    """Holds whose answer has arrived end now; safe to repeat. Says how many."""
    rows = unanswered()
    known = {
        message.facts["dispute"]: message
        for message in Message.objects.filter(
            purpose=ANSWERED, account__in=[row.account_id for row in rows], facts__dispute__in=[str(r.pk) for r in rows]
        ).select_related("letter__batch")
    }
    done = [row for row in rows if (message := known.get(str(row.pk))) and has_arrived(message) and _release(row)]
    return len(done)


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


def answers_that_reached_nobody() -> Q:
    """Accounts whose person was told a decision by no way at all: somebody has to find one."""
    ended = Message.objects.filter(purpose=ANSWERED, state__in=["failed", "blocked", "bounced", "cancelled"])
    waiting = DebtDispute.objects.filter(state="decided", released_at=None)
    return Q(pk__in=waiting.filter(account__in=ended.values("account")).values("account"))
