"""What to do next with an account, and why: a table of steps asked in order, the first that applies is the answer.

Every app may register steps, so that the desk knows of calls and payments without importing them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, HardshipCase, Hold
from accounts.words import status_words
from common.clock import now, today


@dataclass(frozen=True, slots=True)
class Advice:
    """`href` opens where it is done; with `post` it is done by pressing. `until`: nothing before then."""

    words: str
    why: str = ""
    href: str = ""
    post: bool = False
    until: datetime | None = None
    tone: str = "brand"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    order: int
    find: Callable[[Account], Advice | None]


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    _steps[step.name] = step


def next_action(account: Account) -> Advice:
    for step in sorted(_steps.values(), key=lambda step: (step.order, step.name)):
        if advice := step.find(account):
            return advice
    return Advice(_("Nothing to do for now."), _("The schedule decides again at its next run."), tone="quiet")


def over(account: Account) -> Advice | None:
    if account.status != "open":
        why = _("The account is %(status)s.") % {"status": status_words(account.status).lower()}
        return Advice(_("Nothing to do."), why, tone="quiet")
    if account.balance_minor <= 0:
        return Advice(_("Nothing to do."), _("Nothing is owed on this account."), tone="quiet")
    return None


def hardship(account: Account) -> Advice | None:
    case = HardshipCase.objects.filter(account=account).order_by("-pk").first()
    if case is None:
        return None
    href = reverse("hardship_page", args=[case.pk])
    if case.state == "waiting":
        return Advice(_("Answer about their hard times"), _("They told us that paying is hard, and wait."), href)
    if case.state == "granted" and case.review_on and case.review_on <= today():
        return Advice(_("Look again at their hard times"), _("The day of the review has come."), href, tone="warn")
    return None


def hold(account: Account) -> Advice | None:
    """A hold whose review is due is looked at; any other that stops contact means: leave them in peace."""
    moment = now()
    rows = Hold.objects.filter(Q(account=account) | Q(account=None), debtor_id=account.debtor_id, starts_at__lte=moment)
    running = list(rows.filter(Q(ends_at=None) | Q(ends_at__gt=moment)).order_by("review_on", "pk"))
    due = next((row for row in running if row.review_on and row.review_on <= today()), None)
    if due:
        href = reverse("account_hold_end", args=[account.reference, due.pk])
        return Advice(_("Review the hold"), f"{due.get_kind_display()}: {due.reason}", href, tone="warn")
    stops = next((row for row in running if "contact" in row.blocks), None)
    if stops is None:
        return None
    why = _("A hold stops contact: %(kind)s.") % {"kind": stops.get_kind_display()}
    return Advice(_("Do not contact them."), why, until=stops.ends_at, tone="bad")


def quiet(account: Account) -> Advice | None:
    if account.quiet_until and account.quiet_until > now():
        why = account.quiet_reason or _("The account is to be left in peace until then.")
        return Advice(_("Nothing for now: leave them in peace."), why, until=account.quiet_until, tone="quiet")
    return None


OWN = (Step("over", 0, over), Step("hardship", 20, hardship), Step("hold", 30, hold), Step("quiet", 60, quiet))


def register_own() -> None:
    for step in OWN:
        register(step)
