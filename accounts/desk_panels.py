"""The account page's panels about work: what to do next, whose hands the account is in, how to be done with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms.desk import FinishForm
from accounts.models import Account, FollowUp, WorkLease
from accounts.next_action import next_action
from accounts.roles import may, person
from accounts.work_items import item_of
from accounts.work_leases import lease_of
from common import panels
from common.clock import real_now, today
from common.once import new_form_token

# Until when an account may lie, by the points of its reasons: the more pressing, the sooner.
LIE = ((60, 1), (40, 3), (0, 7))
SUNDAY = 7


def proposed_day(account: Account) -> date:
    """When to turn to it again if nobody says otherwise; never on a weekend."""
    item = item_of(account.pk)
    points = item.priority if item else 0
    day = today() + timedelta(days=next(days for least, days in LIE if points >= least))
    while day.isoweekday() >= SUNDAY - 1:
        day += timedelta(days=1)
    return day


def hands_of(request: HttpRequest, account: Account) -> dict[str, Any]:
    """`hands`: mine, theirs, or nobody's; `lost`: it was mine until somebody else took it."""
    row, user = lease_of(account), person(request)
    running = row is not None and row.until > real_now()
    hands = "nobody" if not running or row is None else "mine" if row.agent_id == user.pk else "theirs"
    return {"hands": hands, "lease": row, "was_mine": _ran_out(row, user.pk), "reference": account.reference}


def _ran_out(row: WorkLease | None, user_id: int) -> bool:
    """Its time is over and nobody has taken it since."""
    return row is not None and row.agent_id == user_id and row.until <= real_now()


def desk_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "work"):
        return None
    form = getattr(request, "finish_form", None) or FinishForm(initial={"on": proposed_day(account)})
    follow_up = FollowUp.objects.filter(account=account).select_related("by").first()
    return {**hands_of(request, account), "account": account, "form": form, "follow_up": follow_up}


def next_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "work"):
        return None
    return {"advice": next_action(account), "zone": account.debtor.time_zone, "token": new_form_token()}


def register() -> None:
    panels.register(
        panels.Panel(
            page="account",
            name="next",
            title=_("Best next step"),
            template="staff/panels/next.html",
            selector=next_panel,
            order=5,
            area="top",
        )
    )
    panels.register(
        panels.Panel(
            page="account",
            name="desk",
            title=_("Whose turn it is"),
            template="staff/panels/desk.html",
            selector=desk_panel,
            order=10,
            area="top",
        )
    )
