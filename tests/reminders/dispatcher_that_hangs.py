"""A dispatcher that stops for ever at the point named on the command line, to be killed there. Run as a process."""

from __future__ import annotations

import sys
import time
from typing import Any

import django

django.setup()

from reminders.channels.sms_twilio import TwilioChannel  # noqa: E402 - models need the set-up above
from reminders.dispatch import run  # noqa: E402


def hang(*_: Any, **__: Any) -> Any:
    sys.stdout.write("here\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    if sys.argv[1] == "after_the_call":
        run.settle = hang
    else:
        TwilioChannel.sending = hang
    run.dispatch_due()
