"""Who may do what at the end of the road, and what one person may decide alone."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Creditor, User
from accounts.roles import may
from common.clock import now
from common.errors import Forbidden
from common.money import exponent
from payments.models import AccountMove, EndRule

LIMITS = ("alone_units", "may_pay")


def rule_for(creditor: Creditor | None) -> EndRule:
    """The creditor's own, else the house's, else what a new house begins with (not saved)."""
    whose = EndRule.objects.filter(creditor=creditor) if creditor else EndRule.objects.none()
    return whose.first() or EndRule.objects.filter(creditor=None).first() or EndRule()


@transaction.atomic
def set_rule(creditor: Creditor | None, *, by: User, **limits: Any) -> EndRule:
    if not may(by, "set_end_rules"):
        raise Forbidden(_("Your role does not include this. Ask an administrator if you need it."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('end_rules'))")
    before = {name: getattr(rule_for(creditor), name) for name in LIMITS}
    values: dict[str, Any] = {**before, **limits, "changed_by": by, "changed_at": now()}
    row, new = EndRule.objects.update_or_create(creditor=creditor, defaults=values)
    after = {name: getattr(row, name) for name in LIMITS}
    if new or before != after:
        record_event("end_rule.changed", creditor=creditor, actor=by, source="user", before=before, after=after)
    return row


def alone_up_to(account: Account) -> int:
    """In minor units of the account's currency."""
    return rule_for(account.creditor).alone_units * 10 ** exponent(account.currency)


def check_may_ask(kind: str, *, by: User | None) -> None:
    """`by` None: the creditor itself, by its system or file, which was let in by its key."""
    if by is None or may(by, "work"):
        return
    if kind == AccountMove.Kind.RECALL and may(by, "recall"):
        return
    raise Forbidden(_("Your role does not include this. Ask an administrator if you need it."))


def needs_second(account: Account, kind: str, minor: int, *, by: User | None) -> bool:
    """A creditor takes back what is its own; a supervisor decides alone up to the limit; an agent only closes what
    nothing is owed on."""
    if by is None or not may(by, "work"):
        return False
    if may(by, "decide_ends"):
        return minor > alone_up_to(account)
    return not (kind == AccountMove.Kind.CLOSE and minor == 0)
