"""Guard-rails of plans: two bands in force for the demo's creditor, and one that waits for a second person."""

from __future__ import annotations

from typing import Any

from accounts.models import Creditor, User
from common.clock import today
from payments.guard_rail_changes import ask_for_rail, decide_rail
from payments.models import PlanRail

BANDS: tuple[tuple[int, dict[str, Any]], ...] = (
    (0, {"least_units": 10, "most_parts": 12, "longest_days": 420, "down_basis_points": 0, "beyond": "supervisor"}),
    (5_000, {"least_units": 25, "most_parts": 24, "longest_days": 760, "down_basis_points": 1_000, "beyond": "nobody"}),
)
ASKED = {"least_units": 20, "most_parts": 6, "longest_days": 240, "down_basis_points": 0, "beyond": "supervisor"}
WHY = "As agreed with the creditor in the mandate letter."


def set_rails(creditor: Creditor) -> int:
    """How many there are now; nothing while the staff or their rails are not as on a fresh machine."""
    lead = User.objects.filter(role=User.Role.LEAD).order_by("pk").first()
    admin = User.objects.filter(role=User.Role.ADMIN).order_by("pk").first()
    if lead is None or admin is None or PlanRail.objects.exists():
        return 0
    for units, bounds in BANDS:
        row = _ask(creditor, units, bounds, by=lead)
        if row:
            decide_rail(row, by=admin, agree=True)
    _ask(None, 0, ASKED, by=lead)
    return PlanRail.objects.count()


def _ask(creditor: Creditor | None, units: int, bounds: dict[str, Any], *, by: User) -> PlanRail | None:
    scope = {"creditor": creditor, "currency": "", "from_units": units}
    token = f"demo-rail-{creditor.code if creditor else 'house'}-{units}"
    return ask_for_rail(scope, bounds, first_day=today(), reason=WHY, by=by, token=token)
