"""Signed notices to creditors (Standard Webhooks): what is announced, and how it is delivered."""

from accounts.webhooks.announce import ANNOUNCED, announce
from accounts.webhooks.deliver import deliver_due, replay

__all__ = ["ANNOUNCED", "announce", "deliver_due", "replay"]
