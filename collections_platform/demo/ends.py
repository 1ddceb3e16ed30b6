"""Accounts at the end of the road: one of each kind, one that waits for a second person, one paid all the same."""

from __future__ import annotations

from accounts.models import Account, Creditor, User
from collections_platform.demo.staff import LOGINS
from common.clock import now
from common.money import Money
from payments.models import AccountMove, Agency
from payments.moves.asking import ask_move, decide_move
from payments.moves.limits import set_rule
from payments.services.transfers import record_transfer

ENDS: tuple[tuple[str, str, str], ...] = (
    ("write_off", "Nothing came of two years of plans.", ""),
    ("agency", "No answer to anything since spring.", ""),
    ("recall", "The creditor sold this product line.", ""),
    ("close", "The estate office says there is nothing.", "no_estate"),
    ("close", "Same name, another birthday.", "not_theirs"),
    ("write_off", "Moved away, no address found.", ""),
)


def end_some() -> None:
    """Told once. The last one waits for a second person."""
    if AccountMove.objects.exists():
        return
    staff = {login.role: User.objects.filter(email=login.email).first() for login in LOGINS}
    agent, lead, admin = staff.get("agent"), staff.get("lead"), staff.get("admin")
    rows = Account.objects.filter(creditor__code="harbour", status="open", plans=None, holds=None, payments=None)
    # From the other end than transfers and remittances take theirs.
    accounts = list(rows.filter(balance_minor__gt=10_000, promises=None).order_by("pk")[40 : 40 + len(ENDS)])
    if agent is None or lead is None or admin is None or len(accounts) < len(ENDS):
        return
    set_rule(Creditor.objects.get(code="harbour"), by=admin, may_pay=True)
    agency = Agency.objects.create(
        name="North Star Recovery", email="help@northstar.example", phone="+86 10 5555 0100", licence="DCA-2031"
    )
    for account, (kind, reason, why) in zip(accounts, ENDS, strict=True):
        to = agency if kind == "agency" else None
        move = ask_move(account, kind, reason=reason, by=agent, agency=to, why=why)
        if move.state == "asked" and account != accounts[-1]:
            decide_move(move, by=lead, agree=True)
    _pays_after_all(accounts[0])


def _pays_after_all(account: Account) -> None:
    amount = Money(5_000, account.currency)
    record_transfer(account, amount, received_at=now(), bank_reference=f"DEMO-REC-{account.pk}")
