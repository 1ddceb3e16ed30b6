from tests.pages.conftest import plain_ground
from tests.promises.conftest import a_clock_that_moves
from tests.reminders.conftest import always_open, ready

__all__ = ["a_clock_that_moves", "always_open", "plain_ground", "ready"]
