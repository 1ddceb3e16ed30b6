"""The account page's panel about disputes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.agenda import Look, Step, register_source
from accounts.models import Account
from accounts.roles import may
from common import panels
from payments.disputes import words
from payments.disputes.access import disputes_of
from payments.disputes.validation import needs_notice
from payments.models import DebtDispute

SHOWN = 3


def dispute_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "work"):
        return None
    found = list(disputes_of(account)[:SHOWN])
    rows = [{"dispute": row, "standing": words.standing(row)} for row in found]
    return {
        "rows": rows,
        "account": account,
        "running": any(row.is_running for row in found),
        "validation": needs_notice(account),
    }


def dispute_source(look: Look) -> Iterable[Step]:
    """The clock of what runs; afterwards that the answer is under way. The debtor reads the same day."""
    rows = DebtDispute.objects.filter(account=look.account, released_at=None).order_by("-opened_at")
    for row in rows[:SHOWN]:
        running = row.is_running
        yield Step(
            kind="dispute",
            icon="flag",
            at=row.answer_by if running else row.decided_at,
            words=_("Answer the dispute by then") if running else _("The answer to a dispute has to arrive"),
            to_debtor=_("We answer what you said is wrong, by then")
            if running
            else _("Our answer is on its way to you"),
            why=row.number,
            waits=(_("We asked the person for more."),) if row.asked_at and look.staff else (),
            href=reverse("dispute_page", args=[row.pk]) if look.staff else "",
        )


def register_all() -> None:
    words.register_all()
    register_source("disputes", dispute_source)
    panels.register(
        panels.Panel(
            page="account", name="disputes", title=gettext_lazy("Disputes"), template="staff/panels/disputes.html",
            selector=dispute_panel, order=57, area="aside",
        )
    )  # fmt: skip
