"""Limits of senders: what they are, how much of them is used, and changing them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.clock import now, real_now
from common.errors import InvalidInput
from common.once import use_token
from reminders.channels.senders import current_senders, first_tier
from reminders.models import Message, SendingLimit


@dataclass(frozen=True, slots=True)
class SenderNow:
    """`minutes` is how long what waits takes at this pace."""

    limit: SendingLimit
    sent_today: int
    waiting: int
    minutes: int
    in_use: bool

    @property
    def tier(self) -> str:
        """As an administrator named it, else the one that a sender begins with."""
        return self.limit.tier or str(first_tier(self.limit.channel).words)


def ensure_sending_limits() -> int:
    """A limit for each sender in use that has none yet: the provider's narrowest tier. How many were new."""
    rows = []
    for channel, sender in current_senders().items():
        tier = first_tier(channel)
        rows.append(SendingLimit(channel=channel, sender=sender, per_minute=tier.per_minute, per_day=tier.per_day))
    before = SendingLimit.objects.count()
    SendingLimit.objects.bulk_create(rows, ignore_conflicts=True)
    return SendingLimit.objects.count() - before


def senders_now() -> list[SenderNow]:
    due = Message.objects.filter(state="due", due_at__lte=now()).values_list("channel").annotate(Count("pk"))
    waiting, senders = dict(due), current_senders()
    return [
        _as_it_stands(limit, waiting.get(limit.channel, 0), in_use=senders.get(limit.channel) == limit.sender)
        for limit in SendingLimit.objects.order_by("channel", "sender")
    ]


def _as_it_stands(limit: SendingLimit, waiting: int, *, in_use: bool) -> SenderNow:
    sent_today = limit.taken if limit.day == real_now().date() else 0
    held = waiting if in_use else 0
    return SenderNow(limit, sent_today, held, -(-held // limit.per_minute), in_use)


@transaction.atomic
def change_limit(
    limit: SendingLimit, *, tier: str, per_minute: int, per_day: int | None, reason: str, by: User, token: str = ""
) -> None:
    """The provider moved this sender to another tier, or we hold back more. In force with the next message."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not use_token(caller_of(by), token):
        return
    row = SendingLimit.objects.select_for_update().get(pk=limit.pk)
    before = {"tier": row.tier, "per_minute": row.per_minute, "per_day": row.per_day}
    row.tier, row.per_minute, row.per_day = tier, per_minute, per_day
    row.save(update_fields=["tier", "per_minute", "per_day"])
    record_event(
        "contact.sending_limit_changed",
        actor=by,
        source="staff",
        channel=row.channel,
        sender=row.sender,
        before=before,
        after={"tier": tier, "per_minute": per_minute, "per_day": per_day},
        why=reason.strip()[:200],
    )
