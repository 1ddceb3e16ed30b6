"""The Celery app: one short tick for each kind of due work."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")

app = Celery("collections_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
