"""What the confirmation of a repayment plan says, from the plan as it is when the message leaves."""

from __future__ import annotations

from accounts.models import Account
from common.clock import today
from common.errors import PlatformError
from common.money import Money
from payments.models import Plan
from reminders.models import Message
from reminders.rendering.variables import Fact

BY_HAND = "plan_by_hand"  # the text for a plan that no wallet pays by itself


class PlanOver(PlatformError):
    """The plan ended before its confirmation could leave: confirming it now would be wrong."""

    code = "plan_over"


def about_plan(message: Message, account: Account) -> dict[str, Fact]:
    plan = Plan.objects.select_related("mandate__provider").get(pk=message.facts["plan"])
    parts = list(plan.instalments.exclude(state="cancelled").order_by("number"))
    if plan.state not in ("active", "paused") or not parts:
        raise PlanOver("This plan has ended.")
    facts: dict[str, Fact] = {
        "amount": Money(parts[0].amount_minor, plan.currency),
        "balance": account.balance,
        "due_date": parts[0].due_on,
        "days_overdue": account.days_past_due(today()),
        "instalments": len(parts),
    }
    if plan.mandate is not None:
        facts |= {"wallet": plan.mandate.provider.name, "limit": plan.mandate.cap}
    return facts
