"""What a provider still has to do for us: as long as there is any, its merchant account stays what it is.

Apps to the right add what they have under way.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from wallets.models import Mandate, PaymentMethod, Provider

Counter = Callable[[Provider], int]
_counters: dict[str, tuple[Promise, Counter]] = {}


def register(name: str, words: Promise, count: Counter) -> None:
    _counters[name] = words, count


def open_work(provider: Provider) -> list[tuple[Promise, int]]:
    """What is open, in words, and how much of it; empty when there is nothing."""
    counted = [(words, count(provider)) for words, count in _counters.values()]
    return [(words, number) for words, number in counted if number]


def _live_or_untold(provider: Provider) -> int:
    live = Q(state__in=["pending", "active", "paused"])
    return Mandate.objects.filter(live | Q(revoke_due_at__isnull=False), provider=provider).count()


def _to_detach(provider: Provider) -> int:
    return PaymentMethod.objects.filter(provider=provider, detach_due_at__isnull=False).count()


register("mandates", gettext_lazy("debit agreements"), _live_or_untold)
register("removals", gettext_lazy("removed wallets to be forgotten"), _to_detach)
