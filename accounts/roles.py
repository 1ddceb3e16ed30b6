"""Who may do what: one table, asked by every page of the staff."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Forbidden

STAFF = frozenset({"agent", "lead", "admin", "compliance"})
SUPERVISORS = frozenset({"lead", "admin", "compliance"})
CONFIGURERS = frozenset({"admin", "compliance"})
EVERYONE = STAFF | {"creditor"}

ALLOWED: dict[str, frozenset[str]] = {
    "see_accounts": EVERYONE,
    "see_dashboard": SUPERVISORS | {"creditor"},
    "see_payments": EVERYONE,
    "see_remittances": SUPERVISORS | {"creditor"},
    "see_messages": STAFF,
    "work": STAFF,
    "reveal": STAFF,
    "assign": SUPERVISORS,
    # What a household lives on is read by who decides about it; who runs the machine does not need it.
    "see_household": frozenset({"agent", "lead", "compliance"}),
    "see_hardship_note": frozenset({"lead", "compliance"}),
    "grant_long_pause": SUPERVISORS,
    "decide_disputes": SUPERVISORS,
    "approve_refunds": SUPERVISORS,
    "end_protection": SUPERVISORS,
    "confirm_money": SUPERVISORS,
    # Who sends money out never decides how much: a lead or compliance approves, an administrator pays.
    "approve_remittances": frozenset({"lead", "compliance"}),
    "pay_remittances": frozenset({"admin"}),
    # A creditor's own people may take back what is theirs.
    "recall": SUPERVISORS | {"creditor"},
    "decide_ends": SUPERVISORS,
    "set_end_rules": CONFIGURERS,
    "configure": CONFIGURERS,
    # The law is read by who answers for it; somebody else then puts it in force.
    "sign_policies": frozenset({"compliance"}),
    "put_policies_in_force": CONFIGURERS,
    "see_policies": SUPERVISORS,
    # A notice that others gave opens the way to people: somebody of standing agrees that it was given.
    "confirm_notices": SUPERVISORS,
    "see_decisions": STAFF,
    "see_schedules": SUPERVISORS,
    "see_rules": SUPERVISORS,
    "import": frozenset({"lead", "admin", "creditor"}),
    "manage_users": frozenset({"admin"}),
    "manage_keys": frozenset({"admin"}),
    "see_deliveries": CONFIGURERS | {"creditor"},
    "move_clock": frozenset({"admin"}),
}
View = Callable[..., HttpResponseBase]


def may(user: Any, action: str) -> bool:
    return bool(user.is_authenticated) and (user.is_superuser or user.role in ALLOWED[action])


def person(request: HttpRequest) -> User:
    """The signed-in user of a view behind `allowed`."""
    return cast(User, request.user)


def allowed(action: str) -> Callable[[View], View]:
    """Guard a view: signed in (else the sign-in page) and of a role that may (else a page that says so)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, action):
                raise Forbidden(_("Your role does not include this. Ask an administrator if you need it."))
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate
