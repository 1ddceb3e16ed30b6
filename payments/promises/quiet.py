"""The door to `Account.quiet_until`: one row per reason, so that no reason ends or shortens the peace of another."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Account
from common.clock import now
from payments.models import QuietPeriod


def leave_in_peace(account: Account, *, until: datetime, reason: str) -> None:
    """No reminder before `until`; the same reason again never shortens it. The caller holds the account's lock."""
    _keep_what_stands(account)
    row, new = QuietPeriod.objects.get_or_create(account=account, reason=reason, defaults={"until": until})
    if not new and row.until < until:
        row.until = until
        row.save(update_fields=["until"])
    _follow(account)


def end_peace(account: Account, *, reason: str) -> None:
    """What other reasons ask for stays as it is."""
    _keep_what_stands(account)
    QuietPeriod.objects.filter(account=account, reason=reason).delete()
    _follow(account)


def _keep_what_stands(account: Account) -> None:
    """Peace that was written on the account itself is a reason of its own."""
    until = account.quiet_until
    if until is None or until <= now():
        return
    rows = QuietPeriod.objects.filter(account=account)
    if not rows.filter(until__gte=until).exists():
        rows.update_or_create(account=account, reason=account.quiet_reason, defaults={"until": until})


def _follow(account: Account) -> None:
    rows = QuietPeriod.objects.filter(account=account)
    rows.filter(until__lte=now()).delete()
    last = rows.order_by("-until", "pk").first()
    account.quiet_until, account.quiet_reason = (last.until, last.reason) if last else (None, "")
    account.save(update_fields=["quiet_until", "quiet_reason"])
