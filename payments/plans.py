"""Making repayment plans: exact splits, one live plan per account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.guard_rails import check_rails
from payments.models import Instalment, Plan
from payments.services.locking import lock_account
from payments.signals import plan_agreed, tell_after_commit
from wallets.models import Mandate
from wallets.periods import add_months

MOST_INSTALMENTS = 120
Parts = Sequence[tuple[date, int]]


def equal_parts(
    total: Money, *, count: int, first_on: date, every_days: int = 30, every_months: int = 0, step: int = 1
) -> list[tuple[date, int]]:
    """`count` due dates with amounts in minor units that sum to `total` exactly; the first ones carry the rest.

    With `every_months` the dates are the same day of each so many months instead. Each amount is a multiple of
    `step`, for wallets that take whole amounts only; so must the total be.
    """
    if not 1 <= count <= MOST_INSTALMENTS:
        raise InvalidInput(_("A plan has 1 to 120 instalments."), field="count")
    if total.minor % step:
        raise InvalidInput(_("The total does not divide into the amounts this wallet takes."), field="step")
    shares = Money(total.minor // step, total.currency).split([1] * count)
    if every_months:
        days = [add_months(first_on, every_months * number) for number in range(count)]
    else:
        days = [first_on + timedelta(days=every_days * number) for number in range(count)]
    return [(day, share.minor * step) for day, share in zip(days, shares, strict=True)]


@transaction.atomic
def create_plan(
    account: Account,
    *,
    parts: Parts,
    mandate: Mandate | None = None,
    created_by: User | None = None,
    source: str = "user",
    pay_day: int | None = None,
) -> Plan:
    """A plan of (due date, minor units) parts, active at once. The parts may not exceed what is owed.

    `pay_day`: the day of the month on which the debtor is paid, where they told us; a failed debit is tried then.

    Raises `Conflict` when the account already has a live plan or is not open, `InvalidInput` for bad parts and for
    those outside the guard-rails; a supervisor (`created_by`) may go beyond them where they say so.
    """
    account = lock_account(account.pk)
    total = _checked_total(account, parts)
    beyond = check_rails(account, parts, by=created_by)
    if mandate and mandate.account_id != account.pk:
        raise InvalidInput(_("The agreement belongs to another account."), field="mandate")
    if Plan.objects.filter(account=account, state__in=["active", "paused"]).exists():
        raise Conflict(_("This account already has a plan. End it before making a new one."))
    plan = Plan.objects.create(
        account=account, mandate=mandate, state="active", currency=account.currency, total_minor=total, pay_day=pay_day
    )
    Instalment.objects.bulk_create(
        Instalment(plan=plan, number=number, due_on=due_on, amount_minor=minor)
        for number, (due_on, minor) in enumerate(parts, start=1)
    )
    about: dict[str, Any] = {"beyond": beyond} if beyond else {}
    record_event(
        "plan.activated",
        account=account,
        actor=created_by,
        source=source,
        plan=str(plan),
        total_minor=total,
        instalments=len(parts),
        **about,
    )
    if mandate is None or mandate.state == "active":
        tell_after_commit(plan_agreed, Plan, plan=plan)
    return plan


def _checked_total(account: Account, parts: Parts) -> int:
    if account.status != "open":
        raise Conflict(_("Only an open account can have a plan."))
    if not 1 <= len(parts) <= MOST_INSTALMENTS:
        raise InvalidInput(_("A plan has 1 to 120 instalments."), field="parts")
    dates = [due_on for due_on, _minor in parts]
    if dates != sorted(set(dates)) or any(minor <= 0 for _date, minor in parts):
        raise InvalidInput(_("Instalments need rising dates and positive amounts."), field="parts")
    total = sum(minor for _date, minor in parts)
    if total > account.balance_minor:
        raise InvalidInput(_("The plan is larger than what is owed."), field="parts", balance=account.balance_minor)
    return total


@transaction.atomic
def cancel_plan(plan: Plan, *, by: User | None = None, reason: str) -> bool:
    """End a live plan and the instalments that are still to come. A debit already sent is not recalled."""
    lock_account(plan.account_id)
    row = Plan.objects.select_for_update().get(pk=plan.pk)
    if row.state not in ("active", "paused", "defaulted", "proposed"):
        return False
    row.state = "cancelled"
    row.save(update_fields=["state"])
    row.instalments.filter(state__in=["scheduled", "noticed", "missed"]).update(state="cancelled")
    record_event("plan.cancelled", account=row.account, actor=by, plan=str(row), reason=reason)
    return True
