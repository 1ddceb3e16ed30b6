"""The payments and refunds that keep a provider's merchant account what it is."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy

from payments.models import Attempt, Refund
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.models.refunds import ASKED_REFUND_STATES
from wallets.models import Provider
from wallets.open_work import register


def _attempts(provider: Provider) -> int:
    under_way = Q(state__in=OPEN_ATTEMPT_STATES) | Q(needs_person=True)
    return Attempt.objects.filter(under_way, provider=provider).count()


def _refunds(provider: Provider) -> int:
    asked = Q(state__in=("requested", "approved", *ASKED_REFUND_STATES)) | Q(needs_person=True)
    return Refund.objects.filter(asked, provider=provider).count()


def register_all() -> None:
    register("payments", gettext_lazy("payments under way"), _attempts)
    register("refunds", gettext_lazy("refunds under way"), _refunds)
