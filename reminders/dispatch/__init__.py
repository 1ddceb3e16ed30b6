"""From due rows to sent messages: claim, check the world again, commit, then call the provider, then settle."""

from reminders.dispatch.run import DispatchCounts, dispatch_due, sweep_leases

__all__ = ["DispatchCounts", "dispatch_due", "sweep_leases"]
