"""Moving the sandbox clock from the bar at the top: an hour, to the morning, a day, to whatever falls due next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from common import clock, clock_targets
from common.clock_moves import advance
from common.errors import Forbidden, InvalidInput

MORNING = time(9)


def _morning(now: datetime) -> datetime:
    today = datetime.combine(now.date(), MORNING, now.tzinfo)
    return today if today > now else today + timedelta(days=1)


def _due(now: datetime) -> datetime | None:
    """A minute after the due moment, so that whatever waits for it finds it passed."""
    moment = clock_targets.next_due()
    return moment + timedelta(minutes=1) if moment else None


STEPS: dict[str, Callable[[datetime], datetime | None]] = {
    "hour": lambda now: now + timedelta(hours=1),
    "morning": _morning,
    "day": lambda now: now + timedelta(days=1),
    "week": lambda now: now + timedelta(days=7),
    "due": _due,
}


@require_POST
@login_required
def move_clock(request: HttpRequest) -> HttpResponse:
    if getattr(request.user, "role", "") != "admin":
        raise Forbidden(_("Only an administrator moves the clock of the sandbox."))
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise InvalidInput(_("The clock moves by an hour, to the morning, by a day, a week, or to the next due date."))
    _move(request, step)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "/")


def _move(request: HttpRequest, step: Callable[[datetime], datetime | None]) -> None:
    now = clock.now()
    target = step(now)
    if target is None:
        messages.info(request, _("Nothing is planned, so there is no due date to go to."))
        return
    advance(target - now)
    messages.success(request, _("The clock was moved forward. Whatever fell due meanwhile is being done now."))
