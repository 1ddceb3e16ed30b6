"""What a newcomer is told: where to go, who to sign in as, and one debtor's link."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.models import Account, User
from collections_platform.demo.staff import LOGINS, PASSWORD
from payments.services import create_link

DEMO_CREDITOR = "harbour"


def demo_account() -> Account | None:
    """The account whose link is printed: open, undisputed, overdue, of an English-reading debtor."""
    open_accounts = Account.objects.filter(creditor__code=DEMO_CREDITOR, status="open", balance_minor__gt=0)
    untouched = open_accounts.filter(holds=None, plans=None, payments=None, debtor__language="en")
    return untouched.order_by("pk").first() or open_accounts.order_by("pk").first()


def demo_facts() -> dict[str, Any]:
    known = set(User.objects.values_list("email", flat=True))
    account = demo_account()
    return {
        "url": settings.PUBLIC_URL,
        "outbox": settings.MESSAGE_SANDBOX_URL,
        "wallets": settings.WALLET_SANDBOX_URL,
        "logins": [
            {"role": login.role, "email": login.email, "password": PASSWORD, "totp": login.totp}
            for login in LOGINS
            if login.email in known
        ],
        "debtor_link": create_link(account, language="en")[1] if account else "",
    }
