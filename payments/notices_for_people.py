"""Notices the machine cannot settle, and alarms about refused ones: what each says, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import record_event
from accounts.models import User
from common.clock import now
from common.errors import NotFound
from payments.models import ProviderEvent


@dataclass(frozen=True)
class Advice:
    title: str | Promise
    text: str | Promise


# By kind, else by how the reason begins. The last fits everything.
ADVICE: tuple[tuple[str, Advice], ...] = (
    (
        "refused_alarm",
        Advice(
            gettext_lazy("Many calls in this wallet's name were refused"),
            gettext_lazy(
                "Nothing was believed and no payment is lost: open ones are still looked up. Was a key or a certificate"
                " changed at the wallet? Then put the new one in place. Did our address, our merchant number or the"
                " server's clock change? If none of these, somebody is knocking: block the sender at the proxy."
            ),
        ),
    ),
    (
        "could not be applied",
        Advice(
            gettext_lazy("A genuine notice could not be applied for two days"),
            gettext_lazy(
                "The wallet did not answer our questions about it. Look the payment up in the wallet's own portal and"
                " correct the account by hand if money moved."
            ),
        ),
    ),
    (
        "the amount is not",
        Advice(
            gettext_lazy("The amount is not the one we asked for"),
            gettext_lazy("Nothing was posted. Compare the payment with the wallet's own portal."),
        ),
    ),
    (
        "no attempt of ours",
        Advice(
            gettext_lazy("A payment under a number we never gave"),
            gettext_lazy(
                "Look the number up in the wallet's own portal."
                " Somebody may use our merchant account for something else."
            ),
        ),
    ),
    (
        "",
        Advice(
            gettext_lazy("A notice that needs a decision"),
            gettext_lazy("Look it up in the wallet's own portal and compare it with the account."),
        ),
    ),
)


def notices_for_people(*, every: bool = False) -> QuerySet[ProviderEvent]:
    """Newest first; deposits on chains have a page of their own."""
    rows = ProviderEvent.objects.filter(outcome="needs_person").exclude(kind="deposit").select_related("provider")
    return rows if every else rows.filter(seen_at=None)


def advice_on(event: ProviderEvent) -> Advice:
    return next(advice for start, advice in ADVICE if event.kind == start or event.reason.startswith(start))


@transaction.atomic
def mark_notice_seen(event_id: int, *, by: User) -> bool:
    """A person dealt with it; False when somebody had before. Raises `NotFound`."""
    event = notices_for_people(every=True).select_for_update(of=("self",)).filter(pk=event_id).first()
    if event is None:
        raise NotFound(_("There is no such notice."))
    if event.seen_at:
        return False
    event.seen_at = now()
    event.save(update_fields=["seen_at"])
    record_event("notice.reviewed", actor=by, source="user", notice=event.pk, provider=event.provider.key)
    return True
