"""The limits under which promises are taken: the creditor's, else the house's, else those a new house begins with."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, User
from accounts.roles import may
from common.clock import now
from common.errors import Forbidden
from payments.models import PromiseRule

MOST_PARTS = 3
LIMITS = ("longest_days", "least_units", "tolerance_basis_points", "tolerance_minor", "grace_days", "most_broken")


def rule_for(creditor: Creditor | None) -> PromiseRule:
    """Not saved when nobody has set any."""
    whose = PromiseRule.objects.filter(creditor=creditor) if creditor else PromiseRule.objects.none()
    return whose.first() or PromiseRule.objects.filter(creditor=None).first() or PromiseRule()


@transaction.atomic
def set_rule(creditor: Creditor | None, *, by: User, **limits: int) -> PromiseRule:
    """Promises taken before keep the grace and tolerance they were taken with. The event has both versions."""
    if not may(by, "confirm_money"):
        raise Forbidden(_("Your role does not include this. Ask an administrator if you need it."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('promise_rules'))")
    before = {name: getattr(rule_for(creditor), name) for name in LIMITS}
    values: dict[str, Any] = {**before, **limits, "changed_by": by, "changed_at": now()}
    row, _new = PromiseRule.objects.update_or_create(creditor=creditor, defaults=values)
    after = {name: getattr(row, name) for name in LIMITS}
    if _new or before != after:
        record_event("promise_rule.changed", creditor=creditor, actor=by, source="user", before=before, after=after)
    return row
