"""Agreements that are over here and may still debit: the wallet has not confirmed, or only its payer can end it there.

One leaves the list when the wallet confirms, when its last day is over, or when a person says that it is dealt with.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.events import record_event
from accounts.models import Event, User
from accounts.selectors import accounts_visible_to
from common.clock import now, today
from wallets.gateway import adapter
from wallets.models import Mandate, Provider
from wallets.providers.base import Capability, ConfigError
from wallets.services.ending import TRIES_ALONE

SEEN = "mandate.ending_seen"


def endings_for_a_person(user: User) -> QuerySet[Mandate]:
    unheard = Q(revoke_due_at__isnull=False, revoke_tries__gte=TRIES_ALONE)
    running = Q(valid_until=None) | Q(valid_until__gt=today() + timedelta(days=1))
    theirs = Q(state="revoked", provider__in=_ended_by_payers(), signed_at__isnull=False) & running
    seen = Event.objects.filter(kind=SEEN, account=OuterRef("account"), happened_at__gte=OuterRef("ended_at"))
    rows = Mandate.objects.filter(unheard | theirs, account__in=accounts_visible_to(user)).exclude(Exists(seen))
    return rows.select_related("provider", "account__debtor", "account__creditor").order_by("ended_at", "pk")


def only_payer_ends(provider: Provider) -> bool:
    try:
        descriptor = adapter(provider).descriptor
    except ConfigError:
        return False
    return descriptor.can(Capability.MANDATE) and not descriptor.can(Capability.REVOKE_BY_MERCHANT)


def _ended_by_payers() -> list[Provider]:
    return [provider for provider in Provider.objects.all() if only_payer_ends(provider)]


def ask_again(mandate: Mandate) -> bool:
    """Tell the wallet at once instead of at the next turn; False when it has confirmed meanwhile."""
    return bool(Mandate.objects.filter(pk=mandate.pk, revoke_due_at__isnull=False).update(revoke_due_at=now()))


@transaction.atomic
def mark_ending_seen(mandate: Mandate, *, by: User, reason: str) -> None:
    """A person has seen to it that the wallet takes nothing more."""
    record_event(SEEN, account=mandate.account, actor=by, source="staff", mandate=mandate.reference, why=reason)
