"""What accounts have promised, read for many at once under their locks: rules of allocation, plans, instalments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import Account, Debtor
from common.clock import today
from payments.accrual.allocation import DEFAULT_ORDER, Order
from payments.accrual.rules import LIVE_PLANS, due_of, order_among
from payments.models import Instalment, Plan
from payments.models.accrual import AllocationOrder


@dataclass(frozen=True)
class Books:
    """`left` are the instalments of each plan that are neither paid nor cancelled; the plans are oldest first."""

    orders: Sequence[AllocationOrder]
    plans: dict[int, list[Plan]]
    left: dict[int, list[Instalment]]

    def order_of(self, account: Account) -> Order:
        return order_among(self.orders, account, today()) if self.orders else DEFAULT_ORDER

    def due_of(self, account: Account) -> tuple[int, int]:
        """(past due, due today) of what is owed now."""
        return due_of(account, [row for plan in self.plans_of(account) for row in self.left_of(plan)])

    def plans_of(self, account: Account) -> list[Plan]:
        return self.plans.get(account.pk, [])

    def left_of(self, plan: Plan) -> list[Instalment]:
        return self.left.get(plan.pk, [])


def open_books(accounts: Iterable[Account]) -> Books:
    """Three questions for any number of accounts, a fourth where somebody made rules. The caller holds their locks."""
    by_id = {account.pk: account for account in accounts}
    orders = list(AllocationOrder.objects.order_by("pk"))
    if orders:
        _know_the_people(list(by_id.values()))
    plans: dict[int, list[Plan]] = defaultdict(list)
    for plan in Plan.objects.filter(account__any_of=by_id, state__in=LIVE_PLANS).order_by("pk"):
        plan.know(account=by_id[plan.account_id])
        plans[plan.account_id].append(plan)
    wanted = {plan.pk: plan for found in plans.values() for plan in found}
    open_rows = Instalment.objects.exclude(state__in=["paid", "cancelled"]).order_by("pk").select_for_update()
    left: dict[int, list[Instalment]] = defaultdict(list)
    for row in open_rows.filter(plan__any_of=wanted):
        row.know(plan=wanted[row.plan_id])
        left[row.plan_id].append(row)
    return Books(orders, plans, left)


def _know_the_people(accounts: Sequence[Account]) -> None:
    """Rules look at the country. Names stay sealed: opening them costs more than all the rest."""
    people = Debtor.objects.filter(pk__in={account.debtor_id for account in accounts}).only("country").in_bulk()
    for account in accounts:
        if not Account.debtor.is_cached(account):
            account.know(debtor=people[account.debtor_id])
