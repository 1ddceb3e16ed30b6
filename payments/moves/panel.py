"""The account page's panel of the end of the road, and the entries it adds elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from accounts.roles import may
from common import panels
from common.money import Money
from payments.models import AccountMove
from payments.services.recovering import left_of


def end_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    from payments.views_staff_moves import move_row, steps_for

    working = may(request.user, "work")
    rows = list(
        AccountMove.objects.filter(account=account, state__in=["asked", "done"])
        .exclude(kind="undo", state="done")
        .select_related("asked_by", "decided_by", "agency", "undoes")
        .order_by("-pk")
    )
    asked = next((row for row in rows if row.state == "asked"), None) if working else None
    standing = [row for row in rows if row.state == "done"]
    steps = steps_for(account, request.user)  # type: ignore[arg-type]
    if not (steps or standing or asked):
        return None
    left = left_of(standing) if standing else {}
    url = "account_end" if working else "account_recall"
    return {
        "waiting": move_row(asked) if asked else None,
        "standing": move_row(standing[0], for_creditor=not working) if standing else None,
        "left": Money(sum(sum(parts.values()) for parts in left.values()), account.currency),
        "href": reverse(url, args=[account.reference]) if steps or (working and standing) else "",
        "link_words": _("End or hand over") if working else _("Take it back from us"),
    }


def register() -> None:
    panels.register(
        panels.Panel(
            page="account",
            name="end",
            title=gettext_lazy("End of the road"),
            template="staff/panels/end.html",
            selector=end_panel,
            order=80,
            area="aside",
        )
    )
