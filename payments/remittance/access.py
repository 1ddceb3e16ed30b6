"""The doors to remittances: the staff see all, a creditor its own once they are decided."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import creditors_visible_to
from common.errors import NotFound
from common.ids import row_id_of
from payments.models import Remittance, RemittanceLine

FOR_CREDITORS = ("approved", "carried", "paid")


def remittances_visible_to(user: User) -> QuerySet[Remittance]:
    rows = Remittance.objects.filter(creditor__in=creditors_visible_to(user))
    if user.role == User.Role.CREDITOR:
        rows = rows.filter(state__in=FOR_CREDITORS)
    return rows.select_related("creditor", "drafted_by", "approved_by", "paid_by", "cancelled_by", "previous")


def access_remittance(user: User, reference: str) -> Remittance:
    row = remittances_visible_to(user).filter(pk=row_id_of(reference) or 0).first()
    if row is None:
        raise NotFound(_("There is no such remittance, or it is not yours to see."))
    return row


def lines_in(remittance: Remittance, show: str = "") -> QuerySet[RemittanceLine]:
    """All lines, or those behind one number of the page."""
    rows = remittance.lines.select_related("account", "terms", "posting__entry")
    chosen: dict[str, QuerySet[RemittanceLine]] = {
        **{kind: rows.filter(kind=kind) for kind in RemittanceLine.Kind.values},
        "commission": rows.exclude(commission_minor=0),
        "fees": rows.exclude(fee_minor=0),
        "kept": rows.filter(kind="fee", fee_minor=0),
        "late": rows.filter(late=True),
    }
    return chosen.get(show, rows)
