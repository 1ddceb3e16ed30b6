"""Composition root: the one package that knows every app. Loading it loads the Celery app, so tasks bind to it."""

from collections_platform.celery import app as celery_app

__all__ = ["celery_app"]
