"""One conversation per person: whose turn it is, since when, and about what."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from common.clock import now
from common.errors import Conflict
from reminders.conversations.acting import Done, Heard
from reminders.models import Conversation


def write_down(heard: Heard, done: Done) -> Conversation:
    """The text joins the person's conversation; it waits for a person when one is needed, and keeps waiting since the
    first unanswered word."""
    thread, _created = Conversation.objects.select_for_update().get_or_create(
        debtor=heard.debtor, defaults={"account": heard.account, "state": "assisted"}
    )
    moment = now()
    thread.account = heard.account or thread.account
    thread.last_at, thread.last_inbound_at = moment, moment
    thread.channel = heard.row.channel
    if done.for_a_person:
        thread.topic = done.for_a_person
        thread.waiting_since = thread.waiting_since or moment
        thread.state = "waiting"
    elif thread.state != "waiting":
        thread.state = "assisted"
        thread.topic = heard.row.recognised
    thread.save()
    return thread


@transaction.atomic
def take(thread: Conversation, *, by: User | None) -> None:
    """Whose it is. Anybody may take one that is free, or give it back."""
    row = Conversation.objects.select_for_update().get(pk=thread.pk)
    if by is not None and row.assigned_to_id not in (None, by.pk):
        raise Conflict(_("Somebody else has taken this conversation meanwhile."))
    row.assigned_to = by
    row.save(update_fields=["assigned_to"])


@transaction.atomic
def close(thread: Conversation, *, by: User) -> None:
    """No answer is needed. A new text opens it again."""
    row = Conversation.objects.select_for_update().get(pk=thread.pk)
    if row.state == "closed":
        return
    row.state, row.waiting_since = "closed", None
    row.save(update_fields=["state", "waiting_since"])
    record_event(
        "conversation.closed",
        account=row.account,
        debtor=row.debtor,
        creditor=row.debtor.creditor,
        actor=by,
        source="staff",
    )
