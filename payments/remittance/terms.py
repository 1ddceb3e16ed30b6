"""The terms with a creditor: set for days to come, never changed for money already accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, User
from common.errors import InvalidInput
from payments.models import CommissionTerms
from payments.remittance.locking import last_standing, lock_creditor
from payments.remittance.periods import day_of


def history_of(creditor_id: int, currency: str) -> list[CommissionTerms]:
    """In the order they hold; of two for the same day the one set later counts."""
    rows = CommissionTerms.objects.filter(creditor_id=creditor_id, currency=currency)
    return list(rows.order_by("valid_from", "pk"))


def in_force(history: Sequence[CommissionTerms], moment: datetime) -> CommissionTerms | None:
    """The terms for money that moved at this moment; None from the time before anything was agreed."""
    held = [terms for terms in history if terms.valid_from <= day_of(moment, terms.zone)]
    return held[-1] if held else None


def on_day(history: Sequence[CommissionTerms], day: date) -> CommissionTerms:
    """The terms that say how a period of this day is accounted for; before all others the first ones."""
    held = [terms for terms in history if terms.valid_from <= day]
    return held[-1] if held else history[0]


@transaction.atomic
def set_terms(
    creditor: Creditor, currency: str, *, valid_from: date, by: User | None, **agreed: Any
) -> CommissionTerms:
    """Raises `InvalidInput` for a day that a remittance has accounted for, and for terms that make no sense."""
    lock_creditor(creditor.pk)
    last = last_standing(creditor.pk, currency)
    if last and valid_from <= last.last_day:
        words = _("Money up to %(day)s is already accounted for. Choose a later day.") % {"day": last.last_day}
        raise InvalidInput(words, field="valid_from")
    terms = CommissionTerms(creditor=creditor, currency=currency, valid_from=valid_from, set_by=by, **agreed)
    _refuse_nonsense(terms)
    terms.save()
    record_event(
        "remittance.terms_set",
        creditor=creditor,
        actor=by,
        source="user" if by else "system",
        terms=terms.pk,
        currency=currency,
        valid_from=valid_from.isoformat(),
        basis=terms.basis,
        way=terms.way,
        cadence=terms.cadence,
    )
    return terms


def _refuse_nonsense(terms: CommissionTerms) -> None:
    if terms.basis != CommissionTerms.Basis.TIERED:
        return
    days = terms.tier_days
    if not days or days[0] != 0 or days != sorted(set(days)) or len(days) != len(terms.tier_rates):
        words = _("Tiers begin at 0 days and grow, one rate each, such as 0:15, 90:25, 365:40.")
        raise InvalidInput(words, field="tiers")
    if max(terms.tier_rates) > 10_000:
        raise InvalidInput(_("A rate is at most 100 percent."), field="tiers")
