"""Places where a crash test can stop this process, as a power cut would. Inert outside sandbox mode."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.conf import settings

LONGEST_WAIT_SECONDS = 60


def stop_point(name: str) -> None:
    """Wait here to be killed when `FAULT_STOP_AT` names this point; `FAULT_STOP_FILE` tells the killer we are there."""
    if not settings.SANDBOX or os.environ.get("FAULT_STOP_AT") != name:
        return
    Path(os.environ["FAULT_STOP_FILE"]).write_text(name)
    time.sleep(LONGEST_WAIT_SECONDS)
