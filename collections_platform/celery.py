"""The Celery app: one short tick for each kind of due work, as each app lists it."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")

TASK_MODULES = ("accounts.tasks", "payments.tasks", "reminders.tasks")

app = Celery("collections_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Celery keeps its hands off the log set-up: one format, one redactor, everywhere."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@app.on_after_finalize.connect
def load_beat(sender: Celery, **_: Any) -> None:
    """The beat schedule is the sum of what the apps declare in `tasks.BEAT`."""
    for module in TASK_MODULES:
        for name, entry in import_module(module).BEAT.items():
            # A tick nobody took before its next one is stale: it must not pile up in front of other work.
            sender.conf.beat_schedule[name] = entry | {"options": {"expires": max(entry["schedule"], 15.0)}}
