"""Places where a crash test can stop this process, as a power cut would. Inert outside sandbox mode."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.conf import settings

LONGEST_WAIT_SECONDS = 60
LOOK_SECONDS = 0.02


def stop_point(name: str) -> None:
    """Wait here to be killed when `FAULT_STOP_AT` names this point; `FAULT_STOP_FILE` tells the killer we are there.

    Who only wants to do harm to something else meanwhile takes the file away, and this process goes on.
    """
    if not settings.SANDBOX or os.environ.get("FAULT_STOP_AT") != name:
        return
    reached, ends = Path(os.environ["FAULT_STOP_FILE"]), time.monotonic() + LONGEST_WAIT_SECONDS
    reached.write_text(name)
    while reached.exists() and time.monotonic() < ends:
        time.sleep(LOOK_SECONDS)
    os.environ.pop("FAULT_STOP_AT", None)
