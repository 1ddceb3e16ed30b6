"""Recognising what a person writes: pure, no database. Rules first; a small classifier may add, never take away."""

from reminders.understanding.intents import Intent, Meant
from reminders.understanding.reader import Understanding, understand

__all__ = ["Intent", "Meant", "Understanding", "understand"]
