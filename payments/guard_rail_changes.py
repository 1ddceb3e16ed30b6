"""Asking for guard-rails, and agreeing to them: they bind many people's plans, so it always takes two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, User
from accounts.roles import may
from accounts.services import caller_of
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput, NotFound
from common.ids import row_id_of
from common.once import use_token
from payments.models import PlanRail
from payments.models.guard_rails import RAIL_STATES

BOUNDS = ("least_units", "most_parts", "longest_days", "down_basis_points", "beyond")
SCOPE = ("creditor_id", "currency", "from_units")


def access_rail(reference: str) -> PlanRail:
    rows = PlanRail.objects.select_related("creditor", "requested_by", "decided_by")
    row = rows.filter(pk=row_id_of(reference) or 0).first()
    if row is None:
        raise NotFound(_("There is no such request."))
    return row


def in_force() -> list[PlanRail]:
    """The newest version of each scope that counts today, in the order of creditors and bands."""
    rows = _approved().filter(effective_from__lte=today())
    newest = {tuple(getattr(row, name) for name in SCOPE): row for row in rows.order_by("effective_from", "pk")}
    live = [row for row in newest.values() if not row.ends]
    return sorted(live, key=lambda row: (row.creditor.name if row.creditor else "", row.currency, row.from_units))


def to_come() -> QuerySet[PlanRail]:
    return _approved().filter(effective_from__gt=today()).order_by("effective_from", "pk")


def _approved() -> QuerySet[PlanRail]:
    return PlanRail.objects.filter(state="approved").select_related("creditor", "requested_by", "decided_by")


@transaction.atomic
def ask_for_rail(
    scope: Mapping[str, Any],
    bounds: Mapping[str, Any],
    *,
    first_day: date,
    reason: str,
    by: User,
    ends: bool = False,
    token: str = "",
) -> PlanRail | None:
    """None when the form came before. Plans agreed earlier stay as they are."""
    _refuse_others(by)
    if not use_token(caller_of(by), token):
        return None
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if first_day < today():
        words = _("Choose today or a later day: plans made before stay as they are.")
        raise InvalidInput(words, field="effective_from")
    row = PlanRail(**scope, **bounds, ends=ends, effective_from=first_day, reason=reason.strip()[:200], requested_by=by)
    try:
        row.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(" ".join(messages), field=field) from error
    row.save()
    _record("plan_rail.requested", row, by=by)
    return row


@transaction.atomic
def decide_rail(rail: PlanRail, *, by: User, agree: bool, note: str = "") -> PlanRail:
    """The second person's yes puts it in force on its day. Whoever asked may only take it back."""
    _refuse_others(by)
    row = PlanRail.objects.select_for_update().get(pk=rail.pk)
    if row.state != "requested":
        raise Conflict(_("This was decided already. Reload the page."), state=row.state)
    if agree and by.pk == row.requested_by_id:
        raise Forbidden(_("You asked for this, so somebody else has to agree to it."))
    if not agree and not note.strip():
        raise InvalidInput(_("Say why, in a few words."), field="note")
    after = "approved" if agree else "rejected"
    RAIL_STATES.check(row.state, after)
    row.state, row.decided_by, row.decided_at, row.decision = after, by, now(), note.strip()[:200]
    if agree:
        row.effective_from = max(row.effective_from, today())
    row.save(update_fields=["state", "decided_by", "decided_at", "decision", "effective_from"])
    _record(f"plan_rail.{after}", row, by=by)
    return row


def _refuse_others(by: User) -> None:
    if not may(by, "confirm_money"):
        raise Forbidden(_("Your role does not include this. Ask an administrator if you need it."))


def _record(kind: str, row: PlanRail, *, by: User) -> None:
    creditor = Creditor.objects.filter(pk=row.creditor_id).first() if row.creditor_id else None
    said = {name: getattr(row, name) for name in (*BOUNDS, "currency", "from_units", "ends")}
    record_event(
        kind,
        creditor=creditor,
        actor=by,
        source="user",
        rail=row.reference,
        day=row.effective_from.isoformat(),
        why=row.decision or row.reason,
        **said,
    )
