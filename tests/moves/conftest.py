from tests.reminders.conftest import always_open, outbox, ready

__all__ = ["always_open", "outbox", "ready"]
