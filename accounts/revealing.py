"""Contact details are masked until a person asks, and again a few minutes later."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest

from accounts.models import Account
from accounts.roles import may
from common.clock import real_now

SHOWN_FOR = timedelta(minutes=5)


def reveal_for_a_while(request: HttpRequest, account: Account) -> None:
    request.session[f"revealed:{account.pk}"] = (real_now() + SHOWN_FOR).timestamp()


def may_see_contacts(request: HttpRequest, account: Account) -> bool:
    until = request.session.get(f"revealed:{account.pk}", 0)
    return may(request.user, "reveal") and until > real_now().timestamp()
