"""The platform's own Celery with a beat in a hurry: a second takes the place of a minute, nothing else differs.

`celery -A tests.faults.hurried_celery worker` / `beat`.
"""

import django

django.setup()

from payments import tasks  # noqa: E402 - the settings come first

for _entry in tasks.BEAT.values():
    _entry["schedule"] = 1.0

from collections_platform.celery import app  # noqa: E402 - it reads the schedule once

__all__ = ["app"]
