"""What refunds add to the frame of the staff pages: words, an entry on the left, a reason on the work list."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import ALLOWED
from accounts.timeline import register_reason_words
from accounts.timeline_words import WORDS, EventWords
from accounts.work_reasons import WorkReason, register
from common import navigation
from payments.models import Refund
from payments.refund_words import EVENTS, REASONS

REFUND_FOR_A_PERSON = WorkReason(
    "refund_for_a_person",
    50,
    lambda _today: Q(pk__in=Refund.objects.filter(needs_person=True).values("payment__account")),
    lambda *given: _("a refund needs a decision"),
    "bad",
)


def register_all() -> None:
    register_reason_words(REASONS)
    WORDS.update({kind: EventWords(group, icon, tone, title) for kind, group, icon, tone, title in EVENTS})
    register(REFUND_FOR_A_PERSON)
    navigation.register(
        navigation.NavItem(
            gettext_lazy("Refunds"), "refund_list", "arrow-counterclockwise", order=33, roles=ALLOWED["work"]
        )
    )
    navigation.register(
        navigation.NavItem(gettext_lazy("Surpluses"), "surplus_list", "piggy-bank", order=34, roles=ALLOWED["work"])
    )
