"""From due rows to sent messages: claim, check the world again, commit, then call the provider, then settle."""

from reminders.dispatch.run import DispatchCounts, dispatch_due, sweep_leases
from reminders.dispatch.silence import follow_silence

__all__ = ["DispatchCounts", "dispatch_due", "follow_silence", "sweep_leases"]
