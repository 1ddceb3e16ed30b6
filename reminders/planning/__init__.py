"""From schedules to claimable message rows, set by set."""

from reminders.planning.notices import plan_debit_notices
from reminders.planning.plan import PlanCounts, plan_reminders

__all__ = ["PlanCounts", "plan_debit_notices", "plan_reminders"]
